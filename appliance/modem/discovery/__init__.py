"""Which ports a box has: what the settings name, against what is plugged in now."""

from appliance.modem.discovery.discovery import Discovery
from appliance.modem.discovery.slot import Slot

__all__ = ["Discovery", "Slot"]
