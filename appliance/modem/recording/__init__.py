"""Recordings of a serial line: files of JSON lines, which a simulated modem can play back.

`record.py` is the format, written and read; `line_mask.py` hides what people wrote and to whom, with stand-ins of the
same length, by `stand_ins.py` (numbers, texts) and `pdu_mask.py` (PDUs); `secrets.py` keeps PINs out of everything.
"""

from .line_mask import LineMask
from .record import (
    Header,
    Record,
    Recorder,
    Recording,
    RecordingError,
    Way,
    read_recording,
)
from .secrets import SecretGuard

__all__ = [
    "Header",
    "LineMask",
    "Record",
    "Recorder",
    "Recording",
    "RecordingError",
    "SecretGuard",
    "Way",
    "read_recording",
]
