"""An error that nobody foresaw is one line in the log, and says nothing of the request."""

from __future__ import annotations

import logging

import pytest

from appliance.web.unexpected import log_unexpected


def fault() -> ValueError:
    try:
        raise ValueError("+8613912345678")
    except ValueError as error:
        return error


def test_one_line_with_type_and_place(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "simloft.web"):
        log_unexpected(logging.getLogger("simloft.web"), "GET /x", fault())
    assert "GET /x: unexpected ValueError in test_unexpected.py:" in caplog.text
    assert caplog.text.count("\n") == 1
    assert "139" not in caplog.text


def test_the_traceback_is_there_for_who_looks_for_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "simloft.web"):
        log_unexpected(logging.getLogger("simloft.web"), "GET /x", fault())
    assert "Traceback" in caplog.text
