"""``make test-vm``: hot-plug with a real kernel, in a virtual machine whose USB lines lead to simulated modems."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.bank import running_bank
from tests.vm.image import ImageError, base_image, payload
from tests.vm.machine import running_machine
from tests.vm.scenario import STEPS, Box

MODEMS = 3


def main() -> int:
    """0: all went well; 1: a step did not; 2: there is no machine to try it in."""
    began = time.monotonic()
    try:
        image = base_image()
    except ImageError as error:
        print(error, file=sys.stderr)
        return 2
    # Paths of sockets are short: not in the checkout.
    with tempfile.TemporaryDirectory(prefix="simloft-vm-") as name:
        directory = Path(name)
        brought = payload(directory)
        print("Booting ...", flush=True)
        with running_bank(directory, MODEMS) as bank, running_machine(image, brought, directory) as machine:
            machine.run("sh /opt/guest/set-up.sh", limit_s=300)
            machine.plug_hub()
            print(f"      up after {time.monotonic() - began:.0f} s", flush=True)
            code = _run(Box(machine, bank))
    print(f"{'All is well' if code == 0 else 'Not all is well'}: {time.monotonic() - began:.0f} s")
    return code


def _run(box: Box) -> int:
    for step in STEPS:
        began = time.monotonic()
        name = step.__name__.replace("_", " ")
        try:
            step(box)
        except Exception:
            print(f"FAIL  {name} ({time.monotonic() - began:.0f} s)", flush=True)
            traceback.print_exc()
            return 1
        print(f"ok    {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
