"""Subscribers, handsets, and the ledger that tests count from."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.modem.simulator.handsets import Handsets, MessageDirection
from appliance.modem.simulator.ledger import LedgerEvent, LedgerWriter, handset_texts, read_ledger
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.submission import Submission
from appliance.modem.sms import Address, Submit, plan_text, submits
from tests.simulator.street import HANDSET, Clock, street


@pytest.mark.parametrize(
    ("written", "subscriber"),
    [
        ("+8613912345678", "+8613912345678"),
        ("8613912345678", "+8613912345678"),
        ("008613912345678", "+8613912345678"),
        ("13912345678", "+8613912345678"),
        ("139 1234-5678", "+8613912345678"),
        ("01062345678", "+861062345678"),
        ("10086", "10086"),
        ("95588", "95588"),
        ("106901234567890", "106901234567890"),
        ("+14155550100", "+14155550100"),
        ("0014155550100", "+14155550100"),
        ("86139", "86139"),
        ("GOOGLE", "GOOGLE"),
        ("", ""),
    ],
)
def test_spellings_of_one_subscriber(written: str, subscriber: str) -> None:
    assert subscriber_key(written) == subscriber
    assert subscriber_key(subscriber) == subscriber


def parts_of(text: str, sim: SimCard, *, reference: int = 7) -> list[Submission]:
    plan = submits(plan_text(text), Address.from_text(HANDSET), reference=reference)
    return [Submission.of("modem01", sim, submit, submit.to_bytes()) for submit in plan]


LONG = "您好，您预订的商品已到店😀" * 12


@pytest.fixture
def sim(tmp_path: Path) -> SimCard:
    return street(tmp_path).desks[0].sim


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(3)), doubled=st.lists(st.integers(0, 1), max_size=3))
def test_parts_join_in_any_order_and_doubled_ones_are_counted(
    sim: SimCard, order: list[int], doubled: list[int]
) -> None:
    parts = parts_of(LONG, sim)
    assert len(parts) == 3
    handsets = Handsets()
    first = order[:2]
    for index in (*first, *(first[index] for index in doubled), order[2]):
        message = handsets.receive(parts[index], 0)
    assert message.is_complete
    assert message.text == LONG
    assert message.doubled_parts == len(doubled)
    assert len(handsets.of(HANDSET).messages) == 1


def test_a_reference_used_again_is_another_message(sim: SimCard) -> None:
    handsets = Handsets()
    for text in (LONG, LONG[::-1]):
        for part in parts_of(text, sim):
            handsets.receive(part, 0)
    assert [message.text for message in handsets.of(HANDSET).messages] == [LONG, LONG[::-1]]


def test_a_part_that_never_came_leaves_two_messages_apart(sim: SimCard) -> None:
    handsets = Handsets()
    for part in parts_of(LONG, sim)[:2]:
        handsets.receive(part, 0)
    for part in parts_of(LONG[::-1], sim):
        handsets.receive(part, 0)
    broken, whole = handsets.of(HANDSET).messages
    assert not broken.is_complete
    assert broken.numbers == {1, 2}
    assert whole.text == LONG[::-1]


def test_the_same_message_sent_twice_shows_twice(sim: SimCard) -> None:
    handsets = Handsets()
    for _ in range(2):
        for part in parts_of(LONG, sim):
            handsets.receive(part, 0)
    assert [message.text for message in handsets.of(HANDSET).messages] == [LONG, LONG]


def test_an_answer_of_one_handset_or_of_all(sim: SimCard) -> None:
    handsets = Handsets()
    (part,) = parts_of("在吗", sim)
    message = handsets.receive(part, 0)
    assert handsets.reply_to(message) is None
    handsets.auto_reply = "收到"
    assert handsets.reply_to(message) == "收到"
    handset = handsets.of(HANDSET)
    handset.auto_reply, handset.decides_itself = "「{text}」收到", True
    assert handsets.reply_to(message) == "「在吗」收到"
    handset.auto_reply = None
    assert handsets.reply_to(message) is None


def test_what_a_handset_writes_is_in_its_list(tmp_path: Path) -> None:
    place = street(tmp_path)
    place.desks[0].send_text("在吗")
    place.network.reply(HANDSET, place.desks[0].sim.msisdn, "在")
    directions = [
        (message.direction, message.text) for message in place.network.handsets.of(HANDSET).messages
    ]
    assert directions == [(MessageDirection.IN, "在吗"), (MessageDirection.OUT, "在")]


def test_nobody_has_that_number(tmp_path: Path) -> None:
    place = street(tmp_path)
    with pytest.raises(LookupError, match="13700000000"):
        place.network.reply(HANDSET, "13700000000", "在")


@pytest.mark.parametrize("fate", [0x46, 0x30])
def test_a_handset_out_of_reach_gets_nothing_and_the_sender_is_told(tmp_path: Path, fate: int) -> None:
    place = street(tmp_path)
    (modem,) = place.desks
    modem.at("+CNMI=2,1,0,1,0")
    place.network.handsets.of(HANDSET).fate = fate
    modem.send_text("在吗", report=True)
    assert modem.read(1.0).strip().endswith(f"{fate:02X}")
    place.network.handsets.of(HANDSET).fate = None
    modem.send_text("在吗")
    place.network.ledger.flush()
    events = [record.event for record in read_ledger(place.ledger_path)]
    assert events == [
        LedgerEvent.ACCEPTED,
        LedgerEvent.UNDELIVERED,
        LedgerEvent.REPORT,
        LedgerEvent.ACCEPTED,
        LedgerEvent.DELIVERED,
    ]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_the_ledger_gives_back_every_text_as_it_was_sent(tmp_path: Path, texts: list[str]) -> None:
    place = street(tmp_path)
    before = len(read_ledger(place.ledger_path))
    for text in texts:
        place.desks[0].send_text(text)
    place.network.ledger.flush()
    messages = handset_texts(read_ledger(place.ledger_path)[before:])
    assert [message.text for message in messages] == texts
    assert all(message.missing == message.doubled == () for message in messages)


def test_a_line_still_being_written_is_not_read(tmp_path: Path) -> None:
    place = street(tmp_path)
    place.desks[0].send_text("在吗")
    place.network.ledger.flush()
    whole = place.ledger_path.read_bytes()
    place.ledger_path.write_bytes(whole[:-5])
    assert len(read_ledger(place.ledger_path)) == len(whole.splitlines()) - 1


def test_the_ledger_is_on_the_file_after_a_tenth_of_a_second(tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "ledger"
    ledger = LedgerWriter(path, clock, clock.wall)
    submit = Submit(
        Address.from_text(HANDSET), parts_of("在", street(tmp_path).desks[0].sim)[0].submit.user_data, 8
    )
    ledger.write(
        LedgerEvent.ACCEPTED,
        modem="m",
        iccid="8986",
        sender="a",
        recipient='"\\\n',
        tpdu=submit.to_bytes(),
        text='"\\\n在',
        id=1,
    )
    assert read_ledger(path) == []
    clock.run(0.1)
    (record,) = read_ledger(path)
    assert (record.recipient, record.text, record.at_ms) == ('"\\\n', '"\\\n在', 1_800_000_000_000)
    ledger.close()


def test_a_bank_without_a_ledger_still_counts(tmp_path: Path) -> None:
    clock = Clock()
    ledger = LedgerWriter(None, clock, clock.wall)
    ledger.write(
        LedgerEvent.ACCEPTED, modem="m", iccid="8", sender="a", recipient="b", tpdu=b"", text="", id=1
    )
    assert ledger.counts[LedgerEvent.ACCEPTED] == 1
    assert list(tmp_path.iterdir()) == []
    ledger.close()
