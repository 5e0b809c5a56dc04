"""The misfortunes of real modems, each by its name: `stage.py` plays them, `registry.py` says what one is.

A module for each kind: `line` (what goes over the line), `sending` (answers to +CMGS), `card`, `port` (plugging),
`network`, `incoming`, `reports`, `strange` (what is no modem, or claims too much). `script.py` reads files with times.
"""

from appliance.modem.simulator.scenarios import card, incoming, line, network, port, reports, sending, strange
from appliance.modem.simulator.scenarios.registry import SCENARIOS, Option, Scenario, ScenarioError
from appliance.modem.simulator.scenarios.stage import Stage, Theatre

__all__ = [
    "SCENARIOS",
    "Option",
    "Scenario",
    "ScenarioError",
    "Stage",
    "Theatre",
    "card",
    "incoming",
    "line",
    "network",
    "port",
    "reports",
    "sending",
    "strange",
]
