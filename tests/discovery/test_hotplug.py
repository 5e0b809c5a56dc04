"""Plugging and unplugging, as udev tells it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.discovery.mock_usb import MockUsb, device, ec25, mock_usb, stick

pytestmark = pytest.mark.peer("umockdev")


@pytest.fixture
def usb() -> Iterator[MockUsb]:
    with mock_usb() as bed:
        yield bed


def test_a_modem_that_was_there_before_is_found_at_once(usb: MockUsb) -> None:
    usb.plug(ec25("1-1.4", 0))
    with usb.watching(["usb"]) as watch:
        slot = watch.slots["usb-1-1.4"]
        assert slot["devices"][0] == "/dev/ttyUSB2"
        assert sorted(slot["devices"]) == [f"/dev/ttyUSB{each}" for each in range(4)]
        assert (slot["usb_path"], slot["usb_id"]) == ("1-1.4", "2c7c:0125")


def test_plugging_and_unplugging_are_told_as_they_happen(usb: MockUsb) -> None:
    with usb.watching(["usb"]) as watch:
        assert watch.slots == {}
        usb.plug(ec25("1-1.4", 0))
        slots = watch.until_names("usb-1-1.4")
        assert slots["usb-1-1.4"]["devices"][0] == "/dev/ttyUSB2", (
            "never another port while that one is coming"
        )
        usb.unplug("1-1.4")
        watch.until_names()


def test_a_modem_that_comes_back_under_other_numbers_is_the_same_port(usb: MockUsb) -> None:
    usb.plug(ec25("1-1.4", 0))
    with usb.watching(["usb"]) as watch:
        before = watch.slots["usb-1-1.4"]
        usb.unplug("1-1.4")
        usb.plug(ec25("1-1.4", 7))
        slots = watch.until(lambda slots: "/dev/ttyUSB9" in slots.get("usb-1-1.4", {}).get("devices", []))
        assert slots["usb-1-1.4"]["devices"][0] == "/dev/ttyUSB9"
        assert slots["usb-1-1.4"]["mark"] != before["mark"]


def test_a_modem_that_comes_back_under_its_old_numbers_came_anew_all_the_same(usb: MockUsb) -> None:
    usb.plug(ec25("1-1.4", 0))
    with usb.watching(["usb"]) as watch:
        before = watch.slots["usb-1-1.4"]
        usb.unplug("1-1.4")
        usb.plug(ec25("1-1.4", 0))
        watch.until(lambda slots: slots.get("usb-1-1.4", before)["mark"] != before["mark"])
        assert watch.slots["usb-1-1.4"]["devices"] == before["devices"]


def test_huawei_s_at_port_is_found_by_its_protocol(usb: MockUsb) -> None:
    parts = [
        {"interface": each, "tty": f"ttyUSB{each}", "protocol": protocol, "subclass": 2}
        for each, protocol in enumerate((0x01, 0x03, 0x02))
    ]
    usb.plug(device("1-1.1", "12d1:1506", parts))
    with usb.watching(["usb"]) as watch:
        assert watch.slots["usb-1-1.1"]["devices"][0] == "/dev/ttyUSB2"


def test_twins_with_one_serial_number_and_moving_sticks_go_by_their_place(usb: MockUsb) -> None:
    usb.plug(ec25("1-1.1", 0), ec25("1-1.2", 4))
    with usb.watching(["usb"]) as watch:
        assert sorted(watch.slots) == ["usb-1-1.1", "usb-1-1.2"]
        usb.unplug("1-1.2")
        usb.plug(ec25("2-1.7.3", 4))
        watch.until_names("usb-1-1.1", "usb-2-1.7.3")


def test_a_modem_pool_on_one_chip_is_four_ports(usb: MockUsb) -> None:
    usb.plug(stick("1-1.3", "0403:6011", 0, ttys=4, driver="ftdi_sio"))
    with usb.watching(["usb"], allow=["0403:6011"]) as watch:
        names = [f"usb-1-1.3:1.{each}" for each in range(4)]
        assert sorted(watch.slots) == names
        assert [watch.slots[name]["devices"] for name in names] == [
            [f"/dev/ttyUSB{each}"] for each in range(4)
        ]


def test_devices_that_are_no_modems_are_left_alone(usb: MockUsb) -> None:
    usb.plug(
        stick("1-1.1", "2341:0043", 0, driver="cdc_acm"),
        stick("1-1.2", "10c4:ea60", 1, driver="cp210x"),
        ec25("1-1.4", 2),
        device("1-1.5", "12d1:1446", [{"interface": 0, "class": 8}]),
    )
    with usb.watching(["usb"]) as watch:
        assert sorted(watch.slots) == ["usb-1-1.4"]
    with usb.watching(["usb"], allow=["10c4:ea60"], deny=["1-1.4"]) as watch:
        assert {name: slot["must_prove"] for name, slot in watch.slots.items()} == {"usb-1-1.2": True}


def test_a_hub_that_goes_off_and_on_brings_all_back(usb: MockUsb) -> None:
    hub = [f"1-1.{each}" for each in range(1, 9)]
    names = [f"usb-{each}" for each in hub]
    usb.plug(*(ec25(each, 4 * number) for number, each in enumerate(hub)))
    with usb.watching(["usb"]) as watch:
        assert sorted(watch.slots) == names
        usb.unplug(*hub)
        watch.until_names()
        usb.plug(*(ec25(each, 4 * number) for number, each in enumerate(reversed(hub))))
        watch.until_names(*names)
        assert all(slot["devices"][0].startswith("/dev/ttyUSB") for slot in watch.slots.values())


def test_where_the_system_tells_nothing_plugging_is_seen_by_looking(usb: MockUsb) -> None:
    with usb.watching(["usb"], deaf=["yes"]) as watch:
        usb.plug(ec25("1-1.4", 0))
        watch.until_names("usb-1-1.4")
        usb.unplug("1-1.4")
        watch.until_names()


def test_patterns_of_paths_are_grouped_and_named_by_place(usb: MockUsb) -> None:
    usb.plug(ec25("1-1.4", 0), stick("1-1.5", "2341:0043", 4))
    with usb.watching(["/dev/ttyUSB*"]) as watch:
        assert sorted(watch.slots) == ["usb-1-1.4", "usb-1-1.5"]
        assert watch.slots["usb-1-1.4"]["devices"][0] == "/dev/ttyUSB2"
    with usb.watching(["/dev/ttyUSB3", "/dev/ttyUSB*", "/dev/ttyUSB9"]) as watch:
        assert sorted(watch.slots) == ["/dev/ttyUSB3", "/dev/ttyUSB9", "usb-1-1.5"]
        assert watch.slots["/dev/ttyUSB3"]["usb_path"] == "1-1.4"
        assert watch.slots["/dev/ttyUSB3"]["hint"] == "quectel-ec2x"
        assert watch.slots["/dev/ttyUSB9"]["devices"] == []
