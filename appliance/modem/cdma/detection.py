"""Whether a modem that knows no PDU mode of 3GPP is one of CDMA, and how that is spoken to."""

from __future__ import annotations

from appliance.modem.asking import Asker
from appliance.modem.profile import Technology

_CDMA = ("IS707", "IS-707", "IS856", "IS-856", "IS2000", "IS-2000")
"""Names of CDMA standards in what ``AT+GCAP`` lists (ITU-T V.250 §6.1.9); ModemManager looks for the first two."""

_WAYS = (
    ("AT^HCMGS=?", Technology.CDMA_TEXT_HUAWEI),
    ("AT$QCMGF=?", Technology.CDMA_TEXT_QUALCOMM),
)


async def technology_of(asker: Asker) -> Technology | None:
    """How to speak with it; None where it says nothing of CDMA."""
    answer = await asker.ask("AT+GCAP")
    said = " ".join(line.text for line in answer.lines).upper()
    if not any(name in said for name in _CDMA):
        return None
    for question, technology in _WAYS:
        if (await asker.ask(question)).ok:
            return technology
    return Technology.CDMA_TEXT_STANDARD
