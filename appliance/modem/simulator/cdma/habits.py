"""`[cdma]` of a profile: which commands a CDMA modem has, and how its firmware answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Dialect(StrEnum):
    """How it is spoken to; NONE for a modem that is not of CDMA."""

    NONE = ""
    HUAWEI_TEXT = "huawei-text"
    HUAWEI_PDU = "huawei-pdu"
    QUALCOMM = "qualcomm"
    STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class CdmaHabits:
    """`settles_after_ok`: ^HCMGSS or ^HCMGSF come after OK, as users of EC122 and MC323 have it; else before it.

    `first_reference`: message reference after power-up; it counts to 65535 and round again.
    """

    dialect: Dialect = Dialect.NONE
    settles_after_ok: bool = False
    first_reference: int = 1


def cdma_habits(table: dict[str, Any]) -> CdmaHabits:
    """`[cdma]` of a profile file. TypeError or ValueError when it says what cannot be."""
    values = dict(table)
    if "dialect" in values:
        values["dialect"] = Dialect(values["dialect"])
    return CdmaHabits(**values)
