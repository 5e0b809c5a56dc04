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


def _may_be_secret(line: bytes) -> bool:
    # Written out, and single letters first that are in no PDU: this is asked of all that goes over a line.
    return (
        (b"I" in line and (b"PIN" in line or b"CSIM" in line))
        or (b"K" in line and b"CLCK" in line)
        or (b"W" in line and b"CPWD" in line)
        or (b"i" in line and (b"pin" in line or b"csim" in line))
        or (b"k" in line and b"clck" in line)
        or (b"w" in line and b"cpwd" in line)
    )


class SecretGuard:
    """Stars in place of secrets, in one direction of a line."""

    def __init__(self) -> None:
        self._before = b""

    def starred(self, octets: bytes) -> bytes:
        """`octets`, of the same length, that come behind what was given before."""
        whole = self._before + octets
        begun, longest = whole.rfind(b"\r") + 1, len(whole) - KEPT
        self._before = whole[begun if begun > longest else longest :]
        # What carries a secret is a command with an argument; there is no such sign in a PDU and in most answers.
        if b"=" not in whole or not _may_be_secret(whole):
            return octets
        hidden = _SECRET.sub(lambda match: STAR * len(match[0]), whole)
        return hidden[len(whole) - len(octets) :]
