"""The recipients of the sandbox, in the bank and on the page."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from appliance.desk.numbers import read_recipient
from appliance.magic_numbers import MagicNumber
from appliance.modem.simulator.faults import FaultBoard, RateRule
from appliance.modem.simulator.handsets import Handsets
from appliance.modem.simulator.magic import enchant
from appliance.modem.simulator.numbers import subscriber_key
from appliance.web.page_console import MAGIC

DOCS = Path(__file__).parents[2] / "docs" / "http-api.md"


def test_each_is_told_on_the_page_and_in_the_documentation() -> None:
    assert list(MAGIC) == list(MagicNumber)
    told = re.findall(r"`(\+86154\d{8})`", DOCS.read_text(encoding="utf-8"))
    assert told == [each.value for each in MagicNumber]


def test_each_is_a_recipient_however_it_is_written() -> None:
    for each in MagicNumber:
        assert read_recipient(each.removeprefix("+86"), "CN") == each
        assert read_recipient(each, "US") == each
        assert subscriber_key(each.removeprefix("+86")) == each


def test_a_million_recipients_leave_the_special_ones_and_little_memory() -> None:
    handsets = Handsets()
    enchant(FaultBoard(Random(1), RateRule()), handsets)
    for number in range(5000):
        handsets.of(f"+86139{number:08d}")
    assert sum(1 for _ in handsets) <= (handsets.most_handsets or 0)
    assert handsets.of(MagicNumber.REPLIES.value).auto_reply == "{text}"
