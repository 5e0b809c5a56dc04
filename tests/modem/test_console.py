"""Which commands a person may give a modem by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.console import MAX_COMMAND, BannedCommandError, check_command
from appliance.modem.profile import Ban
from appliance.modem.profiles import ProfileBook
from appliance.sentences import sentence


def refusal(command: str) -> str:
    with pytest.raises(BannedCommandError) as caught:
        check_command(command)
    assert sentence(caught.value.code, caught.value.args_for_person) != caught.value.code
    return caught.value.code


@pytest.mark.parametrize(
    "command",
    [
        "AT",
        "ATI",
        "AT+CSQ",
        "at+creg?",
        "AT+COPS=?",
        "AT+CPIN?",
        "AT+CGMR",
        "AT+CRSM=176,12258,0,0,10",
        "AT^SYSINFO",
        'AT+QENG="servingcell"',
        "AT+CMGL=4",
        "AT+CMGR=3",
        "AT+CMGF?",
        "AT+CNMI?",
        "AT+CUSD?",
        "AT+CFUN=1,1",
        "AT+CREG?;+CSQ",
        "AT+CCLK?",
    ],
)
def test_commands_that_look_and_change_nothing(command: str) -> None:
    assert check_command(f" {command} ") == command


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("AT+CMGS=20", "console.sends"),
        ("at+cmgs=20", "console.sends"),
        ("AT+CSQ;+CMSS=1", "console.sends"),
        ("AT +CMGS = 20", "console.sends"),
        ('AT^HCMGS="10086"', "console.sends"),
        ('AT$QCMGS="10086"', "console.sends"),
        ("AT+CMGW=20", "console.sends"),
        ("AT+CMGC=3", "console.sends"),
        ("ATD10086;", "console.sends"),
        ("ATA", "console.sends"),
        ("ATX4DT10086;", "console.sends"),
        ("atl1m0d10086;", "console.sends"),
        ("AT&K0D10086;", "console.sends"),
        ("ATX1A", "console.sends"),
        ("AT+CSQ;H0D112;", "console.sends"),
        ('AT+CCFC=0,3,"+8613912345678"', "console.sends"),
        ("ATX1Z", "console.driver"),
        ("ATX1E1", "console.driver"),
        ("ATL2S0=1", "console.driver"),
        ("AT+CSQ;D112", "console.sends"),
        ('AT+CUSD=1,"*100#",15', "console.sends"),
        ("AT+CMGD=1,4", "console.loses"),
        ("AT+CMGD=1", "console.loses"),
        ("AT+QMGDA=6", "console.loses"),
        ('AT+CMGDA="DEL ALL"', "console.loses"),
        ("AT^HCMGD=1", "console.loses"),
        ("AT+CNMA", "console.loses"),
        ('AT+CPIN="1234"', "console.unlocks"),
        ('AT+CPIN="12345678","1234"', "console.unlocks"),
        ('AT+CLCK="SC",0,"1234"', "console.unlocks"),
        ('AT+CPWD="SC","1234","4321"', "console.unlocks"),
        ('AT+CSIM=26,"002000010831323334FFFFFFFF"', "console.unlocks"),
        ('AT+CRSM=214,12258,0,0,10,"00"', "console.unlocks"),
        ("AT&F", "console.keeps"),
        ("AT&W", "console.keeps"),
        ("AT&F0", "console.keeps"),
        ("ATE0&W", "console.keeps"),
        ("AT+IPR=9600", "console.keeps"),
        ('AT+CSCA="+8613800100500"', "console.keeps"),
        ('AT+EGMR=1,7,"490154203237518"', "console.keeps"),
        ("AT^U2DIAG=0", "console.keeps"),
        ('AT+QCFG="usbcfg"', "console.keeps"),
        ("ATE1", "console.driver"),
        ("ATQ1", "console.driver"),
        ("ATV0", "console.driver"),
        ("ATZ", "console.driver"),
        ("AT+CMGF=1", "console.driver"),
        ("AT+CNMI=0,0,0,0,0", "console.driver"),
        ('AT+CPMS="ME"', "console.driver"),
        ('AT+CSCS="UCS2"', "console.driver"),
        ("AT+CREG=0", "console.driver"),
        ("", "console.shape"),
        ("+CSQ", "console.shape"),
        ("AT+CSQ\rATD112;", "console.shape"),
        ("AT+CSQ\x1a", "console.shape"),
        ("AT" + "A" * MAX_COMMAND, "console.shape"),
        ("AT+余额", "console.shape"),
        ("A/", "console.shape"),
    ],
)
def test_commands_that_are_never_given(command: str, code: str) -> None:
    assert refusal(command) == code


def test_what_stands_in_quotes_is_no_command() -> None:
    assert check_command('AT+QENG="&F +CMGS=1"') == 'AT+QENG="&F +CMGS=1"'


def test_a_profile_may_ban_more_and_says_why() -> None:
    bans = [Ban(re.compile("getportmode", re.IGNORECASE), "It crashes this one.")]
    with pytest.raises(BannedCommandError) as caught:
        check_command("AT^GETPORTMODE", bans)
    assert "It crashes this one." in sentence(caught.value.code, caught.value.args_for_person)


def test_no_profile_bans_what_it_does_itself() -> None:
    for profile in ProfileBook.built_in().profiles():
        own = (*profile.init, *profile.sim_enable, *profile.iccid, *profile.registration, profile.reset)
        for command in own:
            assert not [ban for ban in profile.bans if ban.pattern.search(command)], (profile.name, command)


@given(st.text(max_size=50))
def test_whatever_passes_is_one_line_that_sends_nothing(text: str) -> None:
    try:
        passed = check_command(f"AT{text}")
    except BannedCommandError:
        return
    assert passed.isascii()
    assert passed.isprintable()
    assert "CMGS" not in passed.upper().replace(" ", "") or '"' in passed
