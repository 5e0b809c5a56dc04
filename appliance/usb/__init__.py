"""Resets of USB devices: what needs root is done by a tiny helper, asked over a socket. Standard library only."""

from appliance.usb.client import UsbResets
from appliance.usb.request import PASSING, Done, NotPossible, Result, Why

__all__ = ["PASSING", "Done", "NotPossible", "Result", "UsbResets", "Why"]
