"""PINs and PUKs in what goes over a line, whichever command carries them and however the line is cut into reads."""

import re

STAR = b"*"
KEPT = 160
"""Octets of a line that are looked back upon: the commands with PINs are shorter."""

# +CPIN, +CPIN2 (27.007 clause 8.3), +CPWD, +CLCK (7.4, 7.5), ^CPIN of Huawei, and VERIFY, CHANGE, UNBLOCK by +CSIM
# (ETSI TS 102 221 clause 11.1.9 ff.), where the header of the APDU may stay.
_SECRET = re.compile(
    rb'(?<=CPIN=)[^\r?]+|(?<=CPIN2=)[^\r?]+|(?<=\+CPWD=)[^\r]+|(?<=\+CLCK=)"[^"\r]*",[01],[^\r]+'
    rb'|(?<=\+CSIM=)[0-9]+,"?[0-9A-F]{2}(?:20|24|2C)[0-9A-F]{6}[0-9A-F][^\r]*',
    re.IGNORECASE,
)
_HINTS = (b"PIN", b"pin", b"CPWD", b"cpwd", b"CLCK", b"clck", b"CSIM", b"csim")


class SecretGuard:
    """Stars in place of secrets, in one direction of a line."""

    def __init__(self) -> None:
        self._before = b""

    def starred(self, octets: bytes) -> bytes:
        """`octets`, of the same length, that come behind what was given before."""
        whole = self._before + octets
        self._before = whole[max(whole.rfind(b"\r") + 1, len(whole) - KEPT) :]
        if not any(hint in whole for hint in _HINTS):
            return octets
        hidden = _SECRET.sub(lambda match: STAR * len(match[0]), whole)
        return hidden[len(whole) - len(octets) :]
