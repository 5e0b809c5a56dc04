"""Modems of one IMEI: told of those that are in ports at the same time, and of no others."""

from __future__ import annotations

from dataclasses import replace

from appliance.desk.twins import same_imei
from tests.desk.ports_in_words import a_port

IMEI = "860000000000000"


def test_two_modems_that_tell_one_imei_are_told_of_each_other() -> None:
    one, two, other = (
        replace(a_port(number), imei=imei) for number, imei in ((1, IMEI), (2, IMEI), (3, "861111111111111"))
    )
    assert same_imei(one, (one, two, other)) == (two,)
    assert same_imei(two, (one, two, other)) == (one,)
    assert same_imei(other, (one, two, other)) == ()


def test_a_modem_that_was_moved_is_not_its_own_twin() -> None:
    here = replace(a_port(1), imei=IMEI)
    before = replace(a_port(2, state="absent", reason="port.absent"), imei=IMEI)
    assert same_imei(here, (here, before)) == ()
    assert same_imei(before, (here, before)) == ()


def test_modems_that_tell_none_are_no_twins() -> None:
    assert same_imei(a_port(1), (a_port(1), a_port(2))) == ()
