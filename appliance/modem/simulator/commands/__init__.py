"""The AT commands of the simulated modems, a module for each part of the standards;

`registry.py` says what a command is.
"""

from appliance.modem.simulator.commands import (
    card,
    equipment,
    message_memory,
    message_send,
    message_settings,
    probing,
    radio_network,
    supplementary,
    v250,
)
from appliance.modem.simulator.commands.registry import COMMANDS, Command, Needs

__all__ = [
    "COMMANDS",
    "Command",
    "Needs",
    "card",
    "equipment",
    "message_memory",
    "message_send",
    "message_settings",
    "probing",
    "radio_network",
    "supplementary",
    "v250",
]
