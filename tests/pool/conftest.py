"""A task whose failure nobody noticed fails the test, and so does a traceback in the log."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def nothing_goes_unnoticed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO, logger="simloft")
    yield
    gc.collect()
    for record in caplog.get_records("call"):
        assert record.exc_info is None or record.levelno < logging.INFO, record.getMessage()
        assert record.name != "asyncio", record.getMessage()
