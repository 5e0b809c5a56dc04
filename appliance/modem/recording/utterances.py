"""What a driver wrote, taken apart: command lines, bodies after a prompt, and single ESCs."""

import re

CARRIAGE_RETURN, CTRL_Z, ESCAPE = 0x0D, 0x1A, 0x1B
TAKES_BODY = re.compile(rb"AT.*[+^$](?:CMGS|CMGW|HCMGS|HCMGW|QCMGS|QCMGW)=", re.IGNORECASE | re.DOTALL)
"""A command after which what is written is a body, up to Ctrl-Z or ESC."""


class Utterances:
    """Gives each command or body with its last octet (CR, Ctrl-Z or ESC), however it was cut into writes."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._in_body = False

    def feed(self, octets: bytes) -> list[bytes]:
        """What is whole by now."""
        whole: list[bytes] = []
        for octet in octets:
            if octet == 0x0A and not self._in_body and not self._begun:
                continue
            self._begun.append(octet)
            if octet in (CTRL_Z, ESCAPE) or (octet == CARRIAGE_RETURN and not self._in_body):
                said = bytes(self._begun)
                self._begun.clear()
                self._in_body = octet == CARRIAGE_RETURN and TAKES_BODY.match(said) is not None
                whole.append(said)
        return whole
