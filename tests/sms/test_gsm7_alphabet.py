"""The default alphabet, its extension and the national tables (TS 23.038 §6.2.1 and Annex A)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import TpduError, decode_gsm7, encode_gsm7, try_encode_gsm7
from appliance.modem.sms.gsm7 import REPLACEMENT, gsm7_tables
from appliance.modem.sms.shift_tables import DEFAULT_ALPHABET, DEFAULT_EXTENSION, locking_shift, single_shift
from tests.sms.tpdu_values import GSM7_TEXT

LANGUAGES = range(1, 14)
LOCKING = [language for language in LANGUAGES if language != 2]  # A.3.2: Spanish has no locking table


@given(GSM7_TEXT)
def test_a_text_comes_back(text: str) -> None:
    assert decode_gsm7(encode_gsm7(text)) == text


def test_the_default_alphabet_has_127_characters_and_an_escape() -> None:
    assert len(DEFAULT_ALPHABET) == 128
    assert len(set(DEFAULT_ALPHABET)) == 128
    assert DEFAULT_ALPHABET[0x1B] == REPLACEMENT


@pytest.mark.parametrize(
    ("character", "septets"),
    [
        ("@", "00"), ("§", "5F"), ("Ç", "09"), ("à", "7F"), ("¤", "24"), ("¡", "40"), ("¿", "60"), ("Ξ", "1A"),
        ("€", "1B65"), ("[", "1B3C"), ("\\", "1B2F"), ("]", "1B3E"), ("^", "1B14"), ("{", "1B28"), ("|", "1B40"),
        ("}", "1B29"), ("~", "1B3D"), ("\f", "1B0A"),
    ],
)  # fmt: skip
def test_characters_that_others_get_wrong(character: str, septets: str) -> None:
    assert encode_gsm7(character).hex().upper() == septets
    assert decode_gsm7(bytes.fromhex(septets)) == character


@pytest.mark.parametrize("foreign", ["ç", "`", "á", "\t", "您", "😀", "\x1b", "\x00", "\ufffd", "ƒ"])
def test_what_is_not_in_the_alphabet_is_named(foreign: str) -> None:
    assert try_encode_gsm7("a" + foreign) is None
    with pytest.raises(TpduError, match="GSM 7 bit"):
        encode_gsm7("a" + foreign)


def test_an_escape_without_a_character_in_the_table_shows_that_of_the_main_table() -> None:
    # §6.2.1.1: "the MS shall display the character shown in the main … table".
    assert decode_gsm7(b"\x1ba\x1bb") == "ab"


def test_an_escape_that_leads_nowhere_is_visible() -> None:
    assert decode_gsm7(b"a\x1b") == "a" + REPLACEMENT
    assert decode_gsm7(b"\x1b\x1bb") == REPLACEMENT + "b"


@pytest.mark.parametrize("language", LOCKING)
def test_a_locking_table_has_a_place_for_every_septet(language: int) -> None:
    table = locking_shift(language)
    assert table is not None
    assert len(table) == 128
    assert table[0x0A] == "\n"
    assert table[0x0D] == "\r"
    assert table[0x20] == " "
    assert table[0x1B] == REPLACEMENT
    assert all(digit in table for digit in "0123456789")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_shift_table_keeps_what_the_default_extension_has(language: int) -> None:
    table = single_shift(language)
    assert table is not None
    assert 0x1B not in table
    assert {septet: table.get(septet) for septet in DEFAULT_EXTENSION} == DEFAULT_EXTENSION


@pytest.mark.parametrize("single", [0, *LANGUAGES])
@pytest.mark.parametrize("locking", [0, *LOCKING])
def test_every_character_of_every_pair_of_tables_comes_back(locking: int, single: int) -> None:
    tables = gsm7_tables(locking, single)
    text = "".join(map(chr, tables.septets))
    assert decode_gsm7(encode_gsm7(text, tables), tables) == text


def test_a_reserved_language_means_the_default_tables() -> None:
    assert gsm7_tables(2, 0) is gsm7_tables()  # Spanish has no locking table
    assert gsm7_tables(200, 14) is gsm7_tables()
    assert gsm7_tables(0, 255) is gsm7_tables()


# Characters and their places as Annex A prints them, some of each table.
@pytest.mark.parametrize(
    ("locking", "single", "text", "septets"),
    [
        (0, 1, "ŞşĞğİıç", "1B53 1B73 1B47 1B67 1B49 1B69 1B63"),  # A.2.1
        (1, 0, "€ıĞğŞşİç", "04 07 0B 0C 1C 1D 40 60"),  # A.3.1
        (0, 2, "çÁÍÓÚáíóú", "1B09 1B41 1B49 1B4F 1B55 1B61 1B69 1B6F 1B75"),  # A.2.2
        (0, 3, "êçÔôÁáΦΓΩΠΨΣΘÊÀÃÕÂãõâ", ("1B05 1B09 1B0B 1B0C 1B0E 1B0F 12 13 15 16 17 18"
         " 19 1B1F 1B41 1B5B 1B5C 1B61 1B7B 1B7C 1B7F")),  # A.2.3, Greek from the default alphabet
        (3, 0, "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`", ("04 06 07 08 09 0B 0C 0E 0F 12 13 14 15 16 17 18 19 1A 1C"
         " 1D 1E 24 40 5B 5C 5D 60 7B 7C 7D")),  # A.3.3
        (4, 4, "ঁঅক০", "00 03 15 1B19"),
        (5, 5, "ઁઅક૦", "00 03 15 1B1C"),
        (6, 6, "ँअक०", "00 03 15 1B1C"),
        (7, 7, "ಂಅಕ೦ಡ", "01 03 15 1B1C 24"),
        (8, 8, "ംഅക൦", "01 03 15 1B1C"),
        (9, 9, "ଁଅକ୦", "00 03 15 1B1C"),
        (10, 10, "ਁਅਕ੦", "00 03 15 1B1C"),
        (11, 11, "ஂஅக௦௮", "01 03 15 1B1C 1B24"),
        (12, 12, "ఁఅక౦౬౭", "00 03 15 1B1C 1B22 1B23"),
        (13, 13, "اٻث۰؟", "00 03 10 1B1C 1B33"),
        (6, 6, "नमस्ते", "2F 42 4C 5F 27 59"),
    ],
)  # fmt: skip
def test_places_of_the_national_tables(locking: int, single: int, text: str, septets: str) -> None:
    tables = gsm7_tables(locking, single)
    assert encode_gsm7(text, tables).hex() == bytes.fromhex(septets).hex()
    assert decode_gsm7(bytes.fromhex(septets), tables) == text


@given(st.binary(max_size=160), st.sampled_from([0, *LOCKING]), st.sampled_from([0, *LANGUAGES]))
def test_any_octets_decode_to_something(septets: bytes, locking: int, single: int) -> None:
    text = decode_gsm7(septets, gsm7_tables(locking, single))
    assert len(septets) // 2 <= len(text) <= len(septets)
