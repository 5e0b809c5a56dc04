"""Recipients of the sandbox to whom always the same happens, so that a program can be tried with every outcome.

They stand in +86 154 0000 00xx, which the numbering plan has given to nobody: where a test is run with a real key by
mistake, no stranger gets it. Every other number of the sandbox is a telephone that gets its messages within a second.
"""

from __future__ import annotations

from enum import StrEnum


class MagicNumber(StrEnum):
    """What becomes of a message, by the recipient; the page and the documentation show them in this order."""

    DELIVERED = "+8615400000001"
    """Taken and delivered at once."""
    UNDELIVERED = "+8615400000002"
    """Taken, and then reported as not obtainable (TP-ST 0x43, TS 23.040 §9.2.3.15)."""
    REFUSED = "+8615400000003"
    """Refused by the network as an unassigned number (RP cause 1, TS 24.011 annex E-2)."""
    UNCERTAIN = "+8615400000004"
    """Nobody can say whether it was sent: the network does not answer in time (+CMS ERROR: 332, TS 27.005 §3.2.5)."""
    SLOW = "+8615400000005"
    """Taken after seconds, delivered after half a minute."""
    REPLIES = "+8615400000006"
    """Delivered, and answers with the same text."""
    SILENT = "+8615400000007"
    """Taken, and no report ever comes: it stays ``sent``."""
    BUSY = "+8615400000008"
    """The network is busy the first time (RP cause 42), and takes it when it is tried again seconds later."""


SLOW_ANSWER_S = 4.0
SLOW_REPORT_S = 30.0
