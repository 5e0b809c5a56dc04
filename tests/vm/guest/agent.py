"""Runs in the guest: takes one JSON object a line from the host, answers each with a line."""

import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

PORT = "/dev/virtio-ports/simloft"


def answer(asked: dict[str, Any]) -> object:
    """``run``: a command for the shell; ``sql``: a question to the database of the box."""
    if "run" in asked:
        done = subprocess.run(
            asked["run"],
            check=False,
            shell=True,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=asked["limit_s"],
        )
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    connection = sqlite3.connect("file:/var/lib/simloft/simloft.db?mode=ro", uri=True)
    try:
        return [list(row) for row in connection.execute(asked["sql"])]
    finally:
        connection.close()


def main() -> None:
    with Path(PORT).open("r+b", buffering=0) as port:
        port.write(b'"ready"\n')
        rest = b""
        while True:
            rest += port.read(65536) or b""
            *lines, rest = rest.split(b"\n")
            for line in lines:
                try:
                    told: object = answer(json.loads(line))
                except Exception as error:
                    told = {"error": f"{type(error).__name__}: {error}"}
                port.write(json.dumps(told).encode() + b"\n")


main()
