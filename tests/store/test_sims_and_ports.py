"""Identity: limits and counters follow the SIM, names follow the port."""

from __future__ import annotations

import sqlite3

import pytest

from appliance.store import events, ports, sims
from appliance.store.ports import Condition
from tests.store.stored import NOW_MS, add_sim


def register(connection: sqlite3.Connection, **fields: str | None) -> sims.Sim:
    known: dict[str, str | None] = {"iccid": None, "imsi": None, "msisdn": None}
    return sims.register(connection, **{**known, **fields}, port_name="modem01", now_ms=NOW_MS)  # type: ignore[arg-type]


def test_a_sim_is_its_card_then_its_subscriber_then_its_port(connection: sqlite3.Connection) -> None:
    assert register(connection, iccid="89860012", imsi="46000").identity == "iccid:89860012"
    assert register(connection, imsi="46001").identity == "imsi:46001"
    nameless = register(connection)
    assert nameless.identity == "port:modem01"
    assert nameless.is_known_by_port_only
    assert register(connection).id == nameless.id


class TestACardThatCanNotBeReadOnce:
    def test_it_is_found_by_its_subscriber(self, connection: sqlite3.Connection) -> None:
        sim = register(connection, iccid="89860012", imsi="46000")
        connection.execute("UPDATE sims SET parts_per_day = 9")
        again = register(connection, imsi="46000")
        assert (again.id, again.identity, again.parts_per_day) == (sim.id, "iccid:89860012", 9)
        assert again.iccid == "89860012"

    def test_its_number_is_added_once_it_can_be_read(self, connection: sqlite3.Connection) -> None:
        sim = register(connection, imsi="46000")
        again = register(connection, iccid="89860012", imsi="46000")
        assert (again.id, again.identity, again.iccid) == (sim.id, "iccid:89860012", "89860012")
        assert register(connection, iccid="89860012").id == sim.id

    def test_a_row_of_that_number_is_preferred(self, connection: sqlite3.Connection) -> None:
        sim = register(connection, iccid="89860012")
        by_subscriber = register(connection, imsi="46000")
        assert by_subscriber.id != sim.id
        assert register(connection, iccid="89860012", imsi="46000").id == sim.id
        assert register(connection, imsi="46000").id == sim.id

    def test_another_card_of_the_same_subscriber_is_another_one(self, connection: sqlite3.Connection) -> None:
        sim = register(connection, iccid="89860012", imsi="46000")
        assert register(connection, iccid="89860013", imsi="46000").id != sim.id

    @pytest.mark.parametrize("whole", ["8986001234567890123", "89860012345678901234"])
    @pytest.mark.parametrize("shorter_first", [False, True])
    def test_it_is_the_same_one_with_and_without_its_check_digit(
        self, connection: sqlite3.Connection, whole: str, shorter_first: bool
    ) -> None:
        """Makers differ, so a card that goes from one modem to another would get a new plan."""
        first, second = (whole[:-1], whole) if shorter_first else (whole, whole[:-1])
        sim = register(connection, iccid=first, imsi="46000")
        again = register(connection, iccid=second, imsi="46000")
        assert (again.id, again.iccid, again.identity) == (sim.id, first, f"iccid:{first}")
        assert register(connection, iccid=f"{whole[:-2]}{9 - int(whole[-2])}{whole[-1]}").id != sim.id

    def in_port(self, connection: sqlite3.Connection, sim: sims.Sim) -> int:
        condition = Condition(state="ready", reason="port.ready")
        port_id = ports.declare(connection, "modem01", condition, simulated=False, now_ms=NOW_MS)
        modem_id = ports.register_modem(
            connection,
            imei=None,
            manufacturer="Maker",
            model=None,
            revision=None,
            port_id=port_id,
            now_ms=NOW_MS,
        )
        equipment = ports.Equipment(
            modem_id=modem_id, sim_id=sim.id, operator=None, registration="home", rssi_dbm=None, smsc=None
        )
        ports.note_equipment(connection, port_id, equipment, NOW_MS)
        return port_id

    def test_what_is_known_by_its_port_is_named_once_it_can_be_read(
        self, connection: sqlite3.Connection
    ) -> None:
        sim = register(connection)
        self.in_port(connection, sim)
        by_subscriber = register(connection, imsi="46000")
        assert (by_subscriber.id, by_subscriber.identity) == (sim.id, "imsi:46000")
        by_card = register(connection, iccid="89860012", imsi="46000")
        assert (by_card.id, by_card.identity) == (sim.id, "iccid:89860012")
        assert register(connection).id != sim.id

    def test_not_if_the_card_was_taken_out_in_between(self, connection: sqlite3.Connection) -> None:
        sim = register(connection)
        ports.note_no_sim(connection, self.in_port(connection, sim), NOW_MS)
        assert register(connection, iccid="89860012", imsi="46000").id != sim.id

    def test_not_if_its_telephone_number_is_another_one(self, connection: sqlite3.Connection) -> None:
        sim = register(connection, msisdn="+8613800000001")
        self.in_port(connection, sim)
        other = register(connection, iccid="89860012", msisdn="+8613800000002")
        assert other.id != sim.id


def test_a_sim_keeps_its_limits_wherever_it_is_plugged_in(connection: sqlite3.Connection) -> None:
    sim = register(connection, iccid="89860012", msisdn="+8613800000001")
    connection.execute("UPDATE sims SET parts_per_day = 9, label = 'Reception'")
    again = sims.register(
        connection, iccid="89860012", imsi="46000", msisdn=None, port_name="modem09", now_ms=NOW_MS + 1
    )
    assert again.id == sim.id
    assert (again.parts_per_day, again.msisdn, again.imsi, again.name) == (
        9,
        "+8613800000001",
        "46000",
        "Reception",
    )


def test_names_of_sims(connection: sqlite3.Connection) -> None:
    assert register(connection, iccid="8986001234567890").name == "SIM …567890"
    assert register(connection, iccid="2", msisdn="+8613800000001").name == "+8613800000001"


def test_a_sim_that_works_again_is_forgiven(connection: sqlite3.Connection) -> None:
    sim_id, _ = add_sim(connection, 1)
    sims.rest(connection, sim_id, until_ms=NOW_MS + 5, reason="sim.rests-after-refusals", args={"sim": "A"})
    assert sims.get(connection, sim_id).resting_until_ms == NOW_MS + 5
    assert not sims.others_ready(connection, frozenset(), NOW_MS)
    assert sims.others_ready(connection, frozenset(), NOW_MS + 5)
    sims.end_breakers_rest(connection, sim_id)
    sim = sims.get(connection, sim_id)
    assert (sim.resting_until_ms, sim.resting_reason) == (None, None)


def test_a_rest_that_a_person_ordered_is_not_ended_by_a_success(connection: sqlite3.Connection) -> None:
    sim_id, _ = add_sim(connection, 1)
    sims.rest(connection, sim_id, until_ms=NOW_MS + 5, reason="sim.resting", args={})
    sims.end_breakers_rest(connection, sim_id)
    assert sims.get(connection, sim_id).resting_until_ms == NOW_MS + 5


def test_ports_of_an_earlier_run_are_shown_again_only_when_the_settings_name_them(
    connection: sqlite3.Connection,
) -> None:
    add_sim(connection, 1)
    add_sim(connection, 2)
    absent = Condition(state="absent", reason="port.absent")
    ports.forget_all(connection, absent, NOW_MS + 1)
    assert ports.list_ports(connection) == []
    ports.declare(connection, "modem02", absent, simulated=False, now_ms=NOW_MS + 2)
    [port] = ports.list_ports(connection)
    assert (port.name, port.state, port.simulated) == ("modem02", "absent", False)
    assert port.sim_id is not None, "which SIM was there last is still known"


def test_a_state_is_since_when_it_began(connection: sqlite3.Connection) -> None:
    _, port_id = add_sim(connection, 1, "registering")
    ports.note_condition(connection, port_id, Condition(state="ready", reason="port.ready"), NOW_MS + 10)
    clone = Condition(state="ready", reason="sim.clone", args={"port": "modem02"})
    ports.note_condition(connection, port_id, clone, NOW_MS + 20)
    [port] = ports.list_ports(connection)
    assert (port.state_since_ms, port.updated_at_ms) == (NOW_MS + 10, NOW_MS + 20)
    assert port.reason_args == {"port": "modem02"}


def test_modems_that_tell_no_imei_are_told_apart_by_their_ports(connection: sqlite3.Connection) -> None:
    one, other = add_sim(connection, 1), add_sim(connection, 2)
    found = [port.modem_id for port in ports.list_ports(connection)]
    assert found[0] != found[1]
    again = ports.register_modem(
        connection,
        imei=None,
        manufacturer="Maker",
        model="Model",
        revision="2",
        port_id=one[1],
        now_ms=NOW_MS,
    )
    assert again == found[0]
    assert other[1] != one[1]


def test_who_told_the_number_of_a_sim_is_kept(connection: sqlite3.Connection) -> None:
    sim = register(connection, iccid="89860012")
    assert sim.msisdn_source is None
    assert register(connection, iccid="89860012", msisdn="+8613900000001").msisdn_source == "card"
    sims.set_number(connection, sim.id, "+8613900000002", sims.NumberSource.LOOP_TEST)
    again = register(connection, iccid="89860012", msisdn="+8613900000001")
    assert (again.msisdn, again.msisdn_source) == ("+8613900000002", "loop-test")
    assert register(connection, iccid="89860013", msisdn="+8613900000003").msisdn_source == "card"


def test_events_come_newest_first(connection: sqlite3.Connection) -> None:
    for number in range(3):
        events.add(
            connection,
            events.EventKind.MISSED_CALL,
            "event.missed-call",
            {"caller": str(number)},
            at_ms=NOW_MS + number,
        )
    newest, middle = events.recent(connection, limit=2)
    assert (newest.reason_args, middle.reason_args) == ({"caller": "2"}, {"caller": "1"})
    [oldest] = events.recent(connection, limit=2, before_id=middle.id)
    assert oldest.at_ms == NOW_MS
