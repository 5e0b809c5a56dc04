"""Which ports a box has: what the settings name, against what is plugged in now."""

from appliance.modem.discovery.discovery import EVERY_MODEM, Discovery
from appliance.modem.discovery.grouping import Place, Verdict
from appliance.modem.discovery.slot import Slot

__all__ = ["EVERY_MODEM", "Discovery", "Place", "Slot", "Verdict"]
