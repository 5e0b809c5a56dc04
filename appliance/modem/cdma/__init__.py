"""CDMA modems: the codec of their messages (`is637`), and a driver for each way in which they are spoken to."""
