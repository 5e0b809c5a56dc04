"""Text mode: what the terminal types becomes a SUBMIT, and what lies in memory is shown in words (27.005 clause 3)."""

from pathlib import Path

import pytest

from appliance.modem.simulator.ledger import LedgerEvent, LedgerRecord, read_ledger
from appliance.modem.sms import Alphabet, Direction, RelativeValidity, Submit, decode_tpdu
from tests.simulator.street import HANDSET, Desk, Street, street

OK = "\r\nOK\r\n"
ACCEPTED = "\r\n+CMGS: 0\r\n\r\nOK\r\n"


def text_modem(tmp_path: Path, charset: str = "GSM", *, details: bool = False) -> tuple[Street, Desk]:
    place = street(tmp_path)
    (modem,) = place.desks
    modem.at(f'+CMGF=1;+CSCS="{charset}";+CSDH={int(details)};+CNMI=2,1,0,1,0')
    return place, modem


def submitted(place: Street) -> tuple[LedgerRecord, Submit]:
    place.network.ledger.flush()
    (record,) = [one for one in read_ledger(place.ledger_path) if one.event is LedgerEvent.ACCEPTED]
    submit = decode_tpdu(bytes.fromhex(record.tpdu), Direction.MOBILE_ORIGINATED)
    assert isinstance(submit, Submit)
    return record, submit


def ucs2(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def test_plain_text_goes_in_the_default_alphabet(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    assert modem.at(f'+CMGS="{HANDSET}"') == "\r\n> "
    assert modem.say("Hello, @ 5\x1a") == ACCEPTED
    record, submit = submitted(place)
    assert record.recipient == HANDSET
    assert record.text == "Hello, @ 5"
    assert submit.dcs == 0
    assert submit.validity == RelativeValidity(167)


def test_each_line_gets_a_prompt(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    modem.at(f'+CMGS="{HANDSET}"')
    assert modem.say("one\rtwo") == "\r\n> "
    assert modem.say("\x1a") == ACCEPTED
    assert submitted(place)[1].user_data.text == "one\rtwo"


def test_gsm_octets_are_septets(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "GSM")
    modem.at(f'+CMGS="{HANDSET}"')
    modem.say("\x00\x02\x11\x1a")
    assert submitted(place)[0].text == "@$_"


def test_chinese_in_ucs2(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "UCS2")
    assert modem.at("+CSMP=49,167,0,8") == OK
    assert modem.at(f'+CMGS="{ucs2(HANDSET)}"') == "\r\n> "
    assert modem.say(f"{ucs2('您好😀')}\x1a") == ACCEPTED
    record, submit = submitted(place)
    assert record.recipient == HANDSET
    assert record.text == "您好😀"
    assert submit.user_data.alphabet is Alphabet.UCS2
    assert submit.status_report_request


def test_a_header_typed_in_hexadecimal_makes_a_part(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "UCS2")
    modem.at("+CSMP=81,167,0,8")
    modem.at(f'+CMGS="{ucs2(HANDSET)}"')
    modem.say(f"050003070201{ucs2('您好')}\x1a")
    place_of_part = submitted(place)[1].user_data.concatenation
    assert place_of_part is not None
    assert (place_of_part.reference, place_of_part.total, place_of_part.number) == (7, 2, 1)


@pytest.mark.parametrize(
    ("number", "recipient"),
    [
        ('"+8613912345678"', HANDSET),
        ('"13912345678"', HANDSET),
        ('"8613912345678",145', HANDSET),
        ('"10086",129', "10086"),
    ],
)
def test_numbers_with_and_without_type(tmp_path: Path, number: str, recipient: str) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    modem.at(f"+CMGS={number}")
    modem.say("hi\x1a")
    assert submitted(place)[0].recipient == recipient


@pytest.mark.parametrize("arguments", ['"letters"', '""', "", '"1234567890123456789012"', '"10086",999'])
def test_a_number_that_is_none_gets_no_prompt(tmp_path: Path, arguments: str) -> None:
    _, modem = text_modem(tmp_path, "IRA")
    assert modem.at(f"+CMGS={arguments}") == "\r\n+CMS ERROR: 305\r\n"


@pytest.mark.parametrize(
    ("dcs", "body"),
    [(0, "x" * 161), (8, "zz"), (8, "60A"), (8, "60A8" * 71), (4, "00" * 141)],
)
def test_a_body_that_fits_no_message_is_refused(tmp_path: Path, dcs: int, body: str) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    modem.at(f"+CSMP=17,167,0,{dcs}")
    modem.at(f'+CMGS="{HANDSET}"')
    assert modem.say(f"{body}\x1a") == "\r\n+CMS ERROR: 305\r\n"
    place.network.ledger.flush()
    assert read_ledger(place.ledger_path) == []


def reply(place: Street, text: str) -> None:
    place.network.reply(HANDSET, place.desks[0].sim.msisdn, text)


def test_a_stored_message_in_words(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    reply(place, "ok @ 5")
    assert modem.read(1.0) == '\r\n+CMTI: "SM",1\r\n'
    # MORNING is 2027-01-15 16:00 in China, zone +8 hours: 32 quarters.
    assert (
        modem.at("+CMGR=1")
        == f'\r\n+CMGR: "REC UNREAD","{HANDSET}",,"27/01/15,16:00:00+32"\r\nok @ 5\r\n{OK}'
    )
    assert modem.at("+CMGL") == OK
    assert modem.at('+CMGL="ALL"') == (
        f'\r\n+CMGL: 1,"REC READ","{HANDSET}",,"27/01/15,16:00:00+32"\r\nok @ 5\r\n{OK}'
    )
    assert modem.at('+CMGL="NEW"') == "\r\n+CMS ERROR: 305\r\n"


def test_details_with_csdh(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "IRA", details=True)
    reply(place, "ok")
    modem.read(1.0)
    smsc = modem.sim.carrier.smsc
    assert modem.at("+CMGR=1").split("\r\n")[1] == (
        f'+CMGR: "REC UNREAD","{HANDSET}",,"27/01/15,16:00:00+32",145,4,0,0,"{smsc}",145,2'
    )
    assert modem.at('+CMGL="ALL"').split("\r\n")[1].endswith(',"27/01/15,16:00:00+32",145,2')


def test_chinese_is_shown_in_hexadecimal_and_strings_in_the_charset(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "UCS2")
    reply(place, "好的")
    modem.read(1.0)
    head, body = modem.at("+CMGR=1").split("\r\n")[1:3]
    assert head == f'+CMGR: "REC UNREAD","{ucs2(HANDSET)}",,"27/01/15,16:00:00+32"'
    assert body == ucs2("好的")
    assert f'"{ucs2(modem.sim.carrier.long_name)}"' in modem.at("+COPS?")
    assert f'"{ucs2(modem.sim.smsc)}"' in modem.at("+CSCA?")


def test_handed_over_in_words(tmp_path: Path) -> None:
    place, modem = text_modem(tmp_path, "IRA")
    modem.at("+CNMI=2,2,0,1,0")
    reply(place, "ok")
    assert modem.read(1.0) == f'\r\n+CMT: "{HANDSET}",,"27/01/15,16:00:00+32"\r\nok\r\n'


def test_a_report_in_words(tmp_path: Path) -> None:
    _, modem = text_modem(tmp_path, "IRA")
    modem.at("+CSMP=49,167,0,0")
    modem.at(f'+CMGS="{HANDSET}"')
    modem.say("hi\x1a")
    moment = '"27/01/15,16:00:00+32"'
    assert modem.read(1.0) == f'\r\n+CDS: 6,0,"{HANDSET}",145,{moment},{moment},0\r\n'


def test_a_stored_submit_in_words(tmp_path: Path) -> None:
    _, modem = text_modem(tmp_path, "IRA", details=True)
    assert modem.at(f'+CMGW="{HANDSET}"') == "\r\n> "
    assert modem.say("draft\x1a") == "\r\n+CMGW: 1\r\n\r\nOK\r\n"
    assert modem.at("+CMGR=1") == f'\r\n+CMGR: "STO UNSENT","{HANDSET}",,145,17,0,0,167,,,5\r\ndraft\r\n{OK}'
    assert modem.at("+CMSS=1") == "\r\n+CMSS: 0\r\n\r\nOK\r\n"
