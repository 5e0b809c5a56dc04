"""Which ttys make one port, which of them takes the commands, and which are left alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest

from appliance.modem.discovery.facts import Tty, UsbDevice
from appliance.modem.discovery.grouping import Place, Verdict, Wanted, survey
from appliance.modem.discovery.permission import Kind, Pattern, PatternError, Permission
from appliance.modem.discovery.slot import Slot
from appliance.modem.discovery.storage_mode import stuck


@dataclass(frozen=True)
class Ports:
    profile_name: str
    at_interface: int | None = None
    at_protocols: tuple[int, ...] = ()
    is_bare_bridge: bool = False


TABLE = {
    "2c7c:0125": Ports("quectel-ec", at_interface=2),
    "12d1:*": Ports("huawei", at_protocols=(0x02, 0x12)),
    "12d1:1001": Ports("huawei", at_interface=2),
    "1546:1102": Ports("ublox", at_interface=0),
    "0403:6001": Ports("generic", is_bare_bridge=True),
    "0403:6011": Ports("generic", is_bare_bridge=True),
    "10c4:ea60": Ports("generic", is_bare_bridge=True),
}
USB = Wanted(every_modem=True)
NOTHING = Permission()


def stick(usb_path: str, usb_id: str, first_tty: int, *interfaces: int, **fields: object) -> list[Tty]:
    """The ttys of one device, numbered from ``first_tty`` in the order of their interfaces."""
    device = UsbDevice(usb_path=usb_path, usb_id=usb_id, serial="0123456789", interfaces=len(interfaces))
    return [
        replace(
            Tty(
                node=f"/dev/ttyUSB{first_tty + place}",
                device=device,
                interface=interface,
                interface_path=f"{usb_path}:1.{interface}",
                mark=first_tty,
            ),
            **fields,  # type: ignore[arg-type]
        )
        for place, interface in enumerate(interfaces)
    ]


def places(
    ttys: Iterable[Tty], wanted: Wanted = USB, allow: Iterable[str] = (), deny: Iterable[str] = ()
) -> list[Place]:
    return survey(ttys, TABLE, wanted, Permission.from_texts(allow, deny))


def slots(
    ttys: Iterable[Tty], wanted: Wanted = USB, allow: Iterable[str] = (), deny: Iterable[str] = ()
) -> list[Slot]:
    return [place.slot for place in places(ttys, wanted, allow, deny) if place.slot is not None]


def verdicts(found: Iterable[Place]) -> list[Verdict]:
    return [verdict for place in found for _, verdict in place.ttys]


class TestModems:
    def test_four_ttys_of_an_ec25_are_one_port_on_its_third_interface(self) -> None:
        [slot] = slots(stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3))
        assert slot == Slot(
            name="usb-1-1.4",
            devices=("/dev/ttyUSB2", "/dev/ttyUSB1", "/dev/ttyUSB3", "/dev/ttyUSB0"),
            usb_path="1-1.4",
            usb_id="2c7c:0125",
            hint="quectel-ec",
            must_prove=False,
            mark=("/dev/ttyUSB2", 0),
        )

    def test_the_port_keeps_its_name_when_its_ttys_are_numbered_anew(self) -> None:
        [before] = slots(stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3))
        [after] = slots(stick("1-1.4", "2c7c:0125", 8, 0, 1, 2, 3))
        assert (after.name, after.devices[0]) == (before.name, "/dev/ttyUSB10")
        assert after.mark != before.mark

    def test_huawei_says_by_protocol_which_port_takes_commands(self) -> None:
        protocols = {0: 0x10, 1: 0x13, 2: 0x12}
        ttys = [
            replace(tty, interface_protocol=protocols[tty.interface], interface_subclass=3)
            for tty in stick("1-1.1", "12d1:1c05", 0, 0, 1, 2)
        ]
        [slot] = slots(reversed(ttys))
        assert (slot.devices[0], slot.hint) == ("/dev/ttyUSB2", "huawei")
        modem_first = [replace(tty, interface_protocol=0x02 if tty.interface == 1 else 0x01) for tty in ttys]
        assert slots(modem_first)[0].devices[0] == "/dev/ttyUSB1"

    def test_an_old_huawei_without_protocols_goes_by_interface(self) -> None:
        [slot] = slots(stick("1-1.1", "12d1:1001", 0, 0, 1, 2))
        assert slot.devices[0] == "/dev/ttyUSB2"

    def test_two_sticks_with_one_serial_number_are_two_ports(self) -> None:
        ttys = stick("1-1.2", "2c7c:0125", 0, 0, 1, 2, 3) + stick("1-1.10", "2c7c:0125", 4, 0, 1, 2, 3)
        assert [slot.name for slot in slots(ttys)] == ["usb-1-1.2", "usb-1-1.10"]

    def test_a_modem_of_no_profile_is_known_by_its_driver(self) -> None:
        ttys = stick("2-1", "1234:5678", 0, 0, 1, 2, 3, driver="option")
        [place] = places(ttys)
        assert place.slot is not None
        assert place.slot.devices[0] == "/dev/ttyUSB2", "the likeliest is tried first"
        assert not place.slot.must_prove
        assert not place.is_certain, "a better port may come yet"

    def test_what_modemmanager_s_rules_say_of_a_port_is_heeded(self) -> None:
        kinds = {0: "QCDM", 1: "AT_PRIMARY", 2: "GPS", 3: "AT_SECONDARY"}
        ttys = [
            replace(tty, port_type=kinds[tty.interface])
            for tty in stick("2-1", "1234:5678", 0, 0, 1, 2, 3, driver="option")
        ]
        [place] = places(ttys)
        assert place.slot is not None
        assert place.slot.devices == ("/dev/ttyUSB1", "/dev/ttyUSB3", "/dev/ttyUSB2", "/dev/ttyUSB0")
        assert place.is_certain

    def test_a_table_s_port_that_is_missing_makes_the_choice_uncertain(self) -> None:
        coming = stick("1-1.4", "2c7c:0125", 0, 0, 1)
        [place] = places([replace(tty, device=replace(tty.device, interfaces=5)) for tty in coming])
        assert not place.is_certain

    def test_cdc_acm_takes_the_first_port(self) -> None:
        [slot] = slots(stick("1-1", "9999:0001", 0, 4, 2, 0, interface_class=0x02), allow=["9999:*"])
        assert slot.devices == ("/dev/ttyUSB2", "/dev/ttyUSB1", "/dev/ttyUSB0")


class TestBridges:
    def test_a_bridge_is_left_alone_until_it_is_allowed(self) -> None:
        ttys = stick("1-1.3", "10c4:ea60", 0, 0)
        assert slots(ttys) == []
        assert verdicts(places(ttys)) == [Verdict.BRIDGE]
        [slot] = slots(ttys, allow=["10c4:ea60"])
        assert (slot.name, slot.must_prove, slot.hint) == ("usb-1-1.3", True, None)

    def test_each_of_four_ttys_of_an_ft4232_is_a_port_of_its_own(self) -> None:
        ttys = stick("1-1.3", "0403:6011", 0, 0, 1, 2, 3)
        found = slots(ttys, allow=["0403:6011"])
        assert [slot.name for slot in found] == [f"usb-1-1.3:1.{each}" for each in range(4)]
        assert [slot.devices for slot in found] == [(f"/dev/ttyUSB{each}",) for each in range(4)]
        assert {slot.usb_path for slot in found} == {"1-1.3"}
        assert all(slot.shares_device for slot in found), "a reset of one would cost the others theirs"

    def test_several_ports_of_one_interface_have_names_of_their_own(self) -> None:
        ttys = [
            replace(tty, port_number=number)
            for number in (0, 1)
            for tty in stick("1-1.3", "10c4:ea60", number, 0)
        ]
        assert [slot.name for slot in slots(ttys, allow=["10c4:*"])] == [
            "usb-1-1.3:1.0",
            "usb-1-1.3:1.0-port1",
        ]

    def test_a_bridge_that_is_allowed_at_its_place_need_not_prove_itself(self) -> None:
        ttys = stick("1-1.3", "0403:6011", 0, 0, 1, 2, 3)
        [slot] = slots(ttys, allow=["1-1.3:1.2"])
        assert (slot.name, slot.must_prove) == ("usb-1-1.3:1.2", False)
        assert [slot.must_prove for slot in slots(ttys, allow=["1-1.*"])] == [False] * 4


class TestOtherDevices:
    @pytest.mark.parametrize("usb_id", ["2341:0043", "1546:01a8", "051d:0002", "04b8:0202"])
    def test_what_nothing_calls_a_modem_is_left_alone(self, usb_id: str) -> None:
        ttys = stick("1-1.5", usb_id, 0, 0, driver="cdc_acm", interface_class=0x02)
        assert slots(ttys) == []
        assert verdicts(places(ttys)) == [Verdict.UNKNOWN]

    def test_allowed_it_has_to_prove_itself_and_denied_it_is_never_touched(self) -> None:
        ttys = stick("1-1.5", "2341:0043", 0, 0)
        assert [slot.must_prove for slot in slots(ttys, allow=["2341:0043"])] == [True]
        assert slots(ttys, allow=["2341:0043"], deny=["1-1.5"]) == []
        assert verdicts(places(ttys, allow=["2341:0043"], deny=["ttyUSB0"])) == [Verdict.DENIED]


class TestDenied:
    @pytest.mark.parametrize(
        "entry", ["2c7c:0125", "2c7c:*", "1-1.4", "1-1.*", "ttyUSB*", "/dev/ttyUSB[0-3]"]
    )
    def test_a_known_modem_can_be_denied(self, entry: str) -> None:
        ttys = stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3)
        assert slots(ttys, deny=[entry]) == []
        assert set(verdicts(places(ttys, deny=[entry]))) == {Verdict.DENIED}

    def test_one_tty_of_a_modem_can_be_denied(self) -> None:
        [slot] = slots(stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3), deny=["ttyUSB2"])
        assert "/dev/ttyUSB2" not in slot.devices

    def test_a_place_does_not_match_a_longer_one(self) -> None:
        assert len(slots(stick("1-1.40", "2c7c:0125", 0, 0, 1, 2, 3), deny=["1-1.4"])) == 1


class TestPatternsOfPaths:
    def test_a_glob_groups_what_it_matched_and_says_that_they_are_ports(self) -> None:
        ec25 = stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3)
        bridge = stick("1-1.5", "10c4:ea60", 4, 0)
        arduino = stick("1-1.6", "2341:0043", 5, 0)
        nodes = frozenset(tty.node for tty in ec25 + bridge + arduino)
        found = slots(ec25 + bridge + arduino, Wanted(by_glob=nodes))
        assert [(slot.name, slot.must_prove) for slot in found] == [
            ("usb-1-1.4", False),
            ("usb-1-1.5", False),
            ("usb-1-1.6", True),
        ]

    def test_a_glob_that_matched_one_tty_of_a_modem_means_that_one(self) -> None:
        ec25 = stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3)
        found = places(ec25, Wanted(by_glob=frozenset({"/dev/ttyUSB3"})))
        assert [place.slot.devices for place in found if place.slot] == [("/dev/ttyUSB3",)]
        assert sorted(verdicts(found)) == ["unnamed", "unnamed", "unnamed", "used"]

    def test_a_modem_that_is_given_by_its_path_is_no_port_a_second_time(self) -> None:
        ec25 = stick("1-1.4", "2c7c:0125", 0, 0, 1, 2, 3)
        given = replace(USB, by_path=frozenset({"/dev/ttyUSB2"}))
        assert slots(ec25, given) == []
        assert set(verdicts(places(ec25, given))) == {Verdict.BY_PATH}

    def test_of_a_bridge_only_the_given_tty_is_taken(self) -> None:
        quad = stick("1-1.3", "0403:6011", 0, 0, 1, 2, 3)
        given = replace(USB, by_path=frozenset({"/dev/ttyUSB1"}))
        assert [slot.devices for slot in slots(quad, given, allow=["0403:6011"])] == [
            ("/dev/ttyUSB0",),
            ("/dev/ttyUSB2",),
            ("/dev/ttyUSB3",),
        ]


class TestEntriesOfTheLists:
    @pytest.mark.parametrize(
        ("entry", "kind"),
        [
            ("10C4:EA60", Kind.USB_ID),
            ("10c4:*", Kind.USB_ID),
            ("1-1.4", Kind.USB_PATH),
            ("usb-1-1.4", Kind.USB_PATH),
            ("1-1.4:1.2", Kind.USB_PATH),
            ("usb-1-1.*", Kind.USB_PATH),
            ("ttyUSB3", Kind.TTY),
            ("/dev/ttyACM*", Kind.TTY),
        ],
    )
    def test_each_kind_is_known_by_its_form(self, entry: str, kind: Kind) -> None:
        assert Pattern.from_text(entry).kind is kind

    @pytest.mark.parametrize(
        "entry", ["", "modem", "/dev/sda", "zzzz:0001", "1.4", "12d1", "../tty1", "1-1;rm"]
    )
    def test_what_is_none_of_them_is_refused_with_the_kinds_that_there_are(self, entry: str) -> None:
        with pytest.raises(PatternError, match="USB id such as"):
            Pattern.from_text(entry)


class TestStuckSticks:
    def test_a_stick_that_shows_its_drive_is_told_from_a_memory_stick(self) -> None:
        huawei = UsbDevice(usb_path="1-1.1", usb_id="12d1:1446", product="HUAWEI Mobile", interfaces=2)
        zte = UsbDevice(usb_path="1-1.2", usb_id="19d2:2000", interfaces=1)
        memory = UsbDevice(usb_path="1-1.3", usb_id="0781:5567", interfaces=1)
        switched = UsbDevice(usb_path="1-1.4", usb_id="12d1:1506", interfaces=5)
        phone = UsbDevice(usb_path="1-1.5", usb_id="12d1:107e", manufacturer="Android", interfaces=2)
        drives = [(each, frozenset({0x08})) for each in (huawei, zte, memory, phone)]
        found = stuck([*drives, (switched, frozenset({0xFF}))])
        assert [each.device.usb_path for each in found] == ["1-1.1", "1-1.2"]
        assert "usb-modeswitch" in str(found[0])
