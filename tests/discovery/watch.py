"""What discovery finds, as a line of JSON each time when it has changed: run where the devices are mock devices."""

import asyncio
import json
import sys
from dataclasses import asdict

from appliance.modem.discovery import Discovery


async def main(asked: dict[str, list[str]]) -> None:
    """``asked``: the arguments of :class:`Discovery`."""
    deaf = asked.pop("deaf", None)
    discovery = Discovery(asked.pop("patterns"), **asked)  # type: ignore[arg-type]
    if deaf:
        discovery._udev._monitor = None
    told = None
    while True:
        found = discovery.found()
        if found != told:
            slots = {name: asdict(slot) | {"mark": repr(slot.mark)} for name, slot in found.items()}
            print(json.dumps(slots), flush=True)
            told = found
        await discovery.changed(0.1 if deaf else 60)


asyncio.run(main(json.loads(sys.argv[1])))
