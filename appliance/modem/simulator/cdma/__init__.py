"""CDMA modems of the bank: their commands over the same network, which carries everything as TPDUs.

A gateway stands between: what such a modem submits becomes a SUBMIT as the network knows it, and a DELIVER or
STATUS-REPORT is shown as the modem would. So handsets, faults, reports and the ledger are those of all modems.
"""
