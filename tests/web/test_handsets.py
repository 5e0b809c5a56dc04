"""The handsets of a simulated box: read what came, answer, see the answer in the inbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from appliance.store import sessions
from appliance.store.database import connect
from tests.box import Box, eventually, running_box

NUMBER = "+8613912345678"
SETTINGS = "[simulated]\nmodems = 2\nlatency_ms = 0\nreport_delay_ms = 20\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with running_box(tmp_path_factory.mktemp("box"), settings=SETTINGS) as running:
        yield running


@pytest.fixture
def page(box: Box) -> Iterator[requests.Session]:
    """A browser that is logged in and reads English."""
    with closing(connect(box.data / "simloft.db")) as connection:
        token = sessions.make_login_token(connection, int(time.time() * 1000))
    with requests.Session() as session:
        session.headers.update({"Accept-Language": "en", "Origin": box.url})
        assert session.get(f"{box.url}/login/{token}", timeout=60).ok
        yield session


def test_a_recipient_reads_and_answers(box: Box, page: requests.Session) -> None:
    text = "您的订单已发货，明天送到。" * 8 + "🚚"
    box.wait_for_state(box.post(NUMBER, text)["id"], "delivered")
    listed = page.get(f"{box.url}/handsets", timeout=60).text
    assert NUMBER in listed
    assert "1 new" in listed
    assert text in page.get(f"{box.url}/handsets/{NUMBER}", timeout=60).text

    sender = box.bank("handset_messages", number=NUMBER)["messages"][0]["from"]
    sent = page.post(
        f"{box.url}/handsets/{NUMBER}/reply",
        data={"to": sender, "text": "收到，谢谢👍"},
        allow_redirects=False,
        timeout=60,
    )
    assert sent.status_code == 303
    assert "收到，谢谢👍" in page.get(f"{box.url}/handsets/{NUMBER}", timeout=60).text
    reply = eventually(box.inbox, what="the answer in the inbox")[0]
    assert (reply["from"], reply["to"], reply["text"]) == (NUMBER, sender, "收到，谢谢👍")


def test_a_handset_answers_by_itself_when_told_to(box: Box, page: requests.Session) -> None:
    number = "+8613700000007"
    page.post(f"{box.url}/handsets/{number}/auto-reply", data={"text": "T"}, timeout=60)
    box.post(number, "promotion")
    eventually(lambda: [each for each in box.inbox() if each["from"] == number], what="the automatic answer")
    page.post(f"{box.url}/handsets/{number}/auto-reply", data={"text": ""}, timeout=60)
    assert next(each for each in box.bank("handsets") if each["number"] == number)["auto_reply"] is None


def test_the_conversation_is_sent_anew_only_when_it_changed(box: Box, page: requests.Session) -> None:
    number = "+8613700000008"
    box.wait_for_state(box.post(number, "first")["id"], "delivered")

    def chat(seen: str) -> requests.Response:
        return page.get(f"{box.url}/live/chat", params={"number": number, "seen": seen}, timeout=60)

    first = chat("")
    seen = first.text.split('"seen": "')[1].split('"')[0]
    assert chat(seen).status_code == 204
    box.wait_for_state(box.post(number, "second")["id"], "delivered")
    assert "second" in chat(seen).text


def test_an_empty_answer_is_refused_beside_the_field(box: Box, page: requests.Session) -> None:
    refused = page.post(f"{box.url}/handsets/{NUMBER}/reply", data={"to": "x", "text": " "}, timeout=60)
    assert refused.status_code == 422
    assert "The text is empty." in refused.text


def test_a_page_is_there_for_a_number_that_nobody_wrote_to(box: Box, page: requests.Session) -> None:
    assert "got no message that it could answer" in page.get(f"{box.url}/handsets/10010", timeout=60).text


@pytest.mark.parametrize(
    "number", ["9" * 400, "<b>", "1%0d%0aX-Evil:1", "1%00", "%ff", "%E4%B8%AD", "+", "1%20"]
)
def test_what_is_no_number_is_no_handset(box: Box, page: requests.Session, number: str) -> None:
    for path in (f"/handsets/{number}", f"/live/chat?number={number.removesuffix('%ff')}|"):
        assert page.get(f"{box.url}{path}", timeout=60).status_code == 404
    for path in (f"/handsets/{number}/reply", f"/handsets/{number}/auto-reply"):
        refused = page.post(f"{box.url}{path}", data={"to": "1", "text": "x"}, timeout=60)
        assert refused.status_code == 404
        assert "X-Evil" not in refused.headers


def test_a_refusal_of_the_bank_is_told_in_its_words_and_not_logged(box: Box, page: requests.Session) -> None:
    number = "+8613700000099"
    refused = page.post(
        f"{box.url}/handsets/{number}/reply", data={"to": "+8613799999999", "text": "x"}, timeout=60
    )
    assert refused.status_code == 422
    assert "+8613799999999" in refused.text
    assert "13799999999" not in (box.data / "output.txt").read_text(errors="replace")
