"""Stored messages: +CMGW, +CMSS, +CMGR, +CMGL, +CMGD and +CPMS (27.005 clauses 3.2.2, 3.4, 3.5)."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.simulator.ledger import handset_texts, read_ledger
from appliance.modem.simulator.storage import JoinedMemory, Memory, MessageStatus, StoredMessage
from tests.simulator.street import HANDSET, Desk, desk, gsm_makes, pdu, street

OK = "\r\nOK\r\n"


def write(modem: Desk, text: str = "您好", extra: str = "") -> str:
    one = pdu(text)
    assert modem.at(f"+CMGW={one.tpdu_length}{extra}") == "\r\n> "
    return modem.say(f"{one.hex}\x1a")


def fill(modem: Desk, count: int) -> None:
    modem.at("+CNMI=2,0,0,0,0")
    for number in range(count):
        modem.modem.network.reply(HANDSET, modem.sim.msisdn, f"第{number}条")
    modem.read(1.0)


def indexes(modem: Desk, stat: int = 4) -> list[int]:
    lines = modem.at(f"+CMGL={stat}").split("\r\n")
    return [int(line.removeprefix("+CMGL: ").split(",")[0]) for line in lines if line.startswith("+CMGL")]


def test_written_then_sent_then_marked_sent(tmp_path: Path) -> None:
    place = street(tmp_path)
    (modem,) = place.desks
    assert write(modem) == "\r\n+CMGW: 1\r\n\r\nOK\r\n"
    assert modem.at("+CMGR=1").startswith("\r\n+CMGR: 2,,")
    assert modem.at("+CMSS=1") == "\r\n+CMSS: 0\r\n\r\nOK\r\n"
    assert modem.at("+CMGR=1").startswith("\r\n+CMGR: 3,,")
    assert modem.at('+CMSS=1,"13800138000"') == "\r\n+CMSS: 1\r\n\r\nOK\r\n"
    place.network.ledger.flush()
    got = [(message.recipient, message.text) for message in handset_texts(read_ledger(place.ledger_path))]
    assert got == [(HANDSET, "您好"), ("+8613800138000", "您好")]


@pytest.mark.parametrize("index", [0, 2, 51, 99999])
def test_an_index_with_nothing_there(tmp_path: Path, index: int) -> None:
    modem = desk(tmp_path)
    write(modem)
    assert modem.at(f"+CMGR={index}") == "\r\n+CMS ERROR: 321\r\n"
    assert modem.at(f"+CMSS={index}") == "\r\n+CMS ERROR: 321\r\n"


def test_deleting_by_index(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    fill(modem, 3)
    assert modem.at("+CMGD=?") == "\r\n+CMGD: (1,2,3),(0-4)\r\n" + OK
    assert modem.at("+CMGD=2") == OK
    assert indexes(modem) == [1, 3]
    assert modem.at("+CMGD=2") == OK
    assert modem.at("+CMGD=51") == "\r\n+CMS ERROR: 321\r\n"
    assert modem.at("+CMGD=0") == "\r\n+CMS ERROR: 321\r\n"
    fill(modem, 1)
    assert indexes(modem) == [1, 2, 3]


@pytest.mark.parametrize(("flag", "left"), [(1, [1, 3, 4]), (2, [1, 3]), (3, [1]), (4, [])])
def test_deleting_by_flag(tmp_path: Path, flag: int, left: list[int]) -> None:
    modem = desk(tmp_path)
    fill(modem, 2)
    write(modem)
    write(modem, extra=",3")
    modem.at("+CMGR=2")
    assert modem.at(f"+CMGD=1,{flag}") == OK
    statuses = {1: 0, 2: 1, 3: 2, 4: 3}
    assert {index: statuses[index] for index in indexes(modem)} == {index: statuses[index] for index in left}


def test_listing_shows_what_was_asked_for_and_marks_it_read(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    fill(modem, 2)
    write(modem)
    assert indexes(modem, 2) == [3]
    assert indexes(modem, 1) == []
    assert modem.at("+CMGL").count("+CMGL: ") == 2
    assert indexes(modem, 0) == []
    assert indexes(modem, 1) == [1, 2]
    assert indexes(modem) == [1, 2, 3]
    assert modem.at("+CMGL=5") == "\r\n+CMS ERROR: 303\r\n"


def test_memories_are_apart(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    fill(modem, 1)
    assert modem.at('+CPMS="ME","ME","SM"') == "\r\n+CPMS: 0,100,0,100,1,50\r\n" + OK
    assert indexes(modem) == []
    write(modem)
    assert modem.at("+CPMS?") == '\r\n+CPMS: "ME",1,100,"ME",1,100,"SM",1,50\r\n' + OK
    assert modem.at('+CPMS="MT"') == "\r\n+CPMS: 2,150,1,100,1,50\r\n" + OK
    assert indexes(modem) == [1, 101]
    assert modem.at("+CMGD=101") == OK
    assert modem.at('+CPMS="SM"') == "\r\n+CPMS: 0,50,1,100,0,50\r\n" + OK
    assert modem.at('+CPMS="XX"') == "\r\n+CMS ERROR: 303\r\n"
    assert modem.at('+CPMS="SM","SR"') == "\r\n+CMS ERROR: 303\r\n"


@pytest.mark.parametrize("profile", gsm_makes())
def test_every_make_stores_where_it_says(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    modem.at("+CNMI=2,1,0,0,0")
    modem.modem.network.reply(HANDSET, modem.sim.msisdn, "好的")
    words = modem.read(1.0)
    name, index = words.strip().removeprefix("+CMTI: ").split(",")
    assert modem.at(f"+CPMS={name}").endswith(OK)
    assert modem.at(f"+CMGR={index}").startswith("\r\n+CMGR: 0,")


class Model:
    """The simplest memory that could be: what `Memory` is measured by."""

    def __init__(self, capacity: int, first_index: int) -> None:
        self.places: dict[int, StoredMessage] = {}
        self.indexes = range(first_index, first_index + capacity)


@given(
    st.integers(1, 6),
    st.integers(0, 1),
    st.lists(st.one_of(st.just(None), st.integers(0, 8)), max_size=40),
)
def test_a_memory_uses_the_lowest_free_place(
    capacity: int, first_index: int, steps: list[int | None]
) -> None:
    memory, model = Memory(capacity, first_index), Model(capacity, first_index)
    for number, step in enumerate(steps):
        if step is None:
            message = StoredMessage(MessageStatus.RECEIVED_UNREAD, b"\x00", bytes((number,)))
            free = [index for index in model.indexes if index not in model.places]
            assert memory.put(message) == (free[0] if free else None)
            if free:
                model.places[free[0]] = message
        else:
            assert memory.delete(step) == (model.places.pop(step, None) is not None)
        assert memory.items() == sorted(model.places.items())
        assert memory.is_full == (len(model.places) == capacity)


def test_joined_memories_number_on() -> None:
    first, second = Memory(2, 0), Memory(3, 1)
    joined = JoinedMemory(first, second)
    messages = [
        StoredMessage(MessageStatus.RECEIVED_UNREAD, b"\x00", bytes((number,))) for number in range(6)
    ]
    assert [joined.put(message) for message in messages] == [0, 1, 2, 3, 4, None]
    assert [index for index, _ in joined.items()] == [0, 1, 2, 3, 4]
    assert joined.get(3) == messages[3] == second.get(2)
    joined.mark(3, MessageStatus.RECEIVED_READ)
    assert second.get(2) != messages[3]
    assert joined.delete(3)
    assert joined.put(messages[5]) == 3


@pytest.mark.parametrize(
    ("habit", "while_sending", "afterwards"),
    [("none", 2, 2), ("after-answer", 2, 3), ("before-sending", 3, 3)],
)
def test_when_a_make_marks_what_it_sends_from_its_memory(
    tmp_path: Path, habit: str, while_sending: int, afterwards: int
) -> None:
    modem = desk(tmp_path, latency_s=1.0)
    profile = modem.modem.profile
    modem.modem.profile = replace(profile, quirks=replace(profile.quirks, sent_flag=habit))
    write(modem)
    before = stored(modem)
    modem.at("+CMSS=1")
    assert stored(modem).status == while_sending
    modem.read(2.0)
    assert stored(modem).status == afterwards
    assert (stored(modem).tpdu[0], stored(modem).tpdu[2:]) == (before.tpdu[0], before.tpdu[2:])


def stored(modem: Desk) -> StoredMessage:
    """What lies at the first place of the card."""
    message = modem.sim.memory.get(1)
    assert message is not None
    return message
