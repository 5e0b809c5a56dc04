"""What the office decides is what the pool does: schedules, and limits of a group that change while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.box import Box, eventually, running_box

SETTINGS = "[simulated]\nmodems = 2\nlatency_ms = 20\nreport_delay_ms = 20\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    directory: Path = tmp_path_factory.mktemp("box")
    with running_box(directory, settings=SETTINGS) as running:
        running.wait_until_ready(2)
        yield running


def call(box: Box, method: str, path: str, members: object = None) -> dict[str, object]:
    answer = box.api.request(method, f"{box.url}/api/v1{path}", json=members, timeout=60)
    assert answer.status_code in (200, 201, 204), answer.text
    return dict(answer.json()) if answer.content else {}


def test_a_scheduled_message_goes_at_its_time_and_not_before(box: Box) -> None:
    at = datetime.now(UTC) + timedelta(seconds=2)
    posted = box.post("13912345678", "later", not_before=at.isoformat())
    sent = box.wait_for_state(posted["id"], "delivered")
    gone = datetime.fromisoformat(sent["parts"][0]["submitted_at"])
    assert timedelta() <= gone - at + timedelta(milliseconds=1)
    assert sent["reason"]["code"] == "message.delivered"


def test_a_group_s_limit_holds_its_sims_together_until_it_is_lifted(box: Box) -> None:
    group = call(box, "POST", "/groups", {"name": "Contract", "parts_per_hour": 3})
    sims = call(box, "GET", "/sims")["items"]
    assert isinstance(sims, list)
    for sim in sims:
        call(box, "PUT", f"/sims/{sim['id']}/group", {"group": group["id"]})
    before = call(box, "GET", f"/groups/{group['id']}")["used"]
    assert isinstance(before, dict)
    room = 3 - before["hour"]["used"]
    ids = [box.post(f"1391234560{number}", "x")["id"] for number in range(5)]

    def held() -> list[str]:
        codes = [box.message(each)["reason"]["code"] for each in ids]
        return codes if codes.count("group.at-limit.hour") == 5 - room else []

    assert eventually(held)
    call(box, "DELETE", f"/groups/{group['id']}")
    for each in ids:
        box.wait_for_state(each, "delivered")
