"""Every group of the data coding scheme (TS 23.038 §4)."""

from __future__ import annotations

import pytest

from appliance.modem.sms import (
    Alphabet,
    CodingGroup,
    MessageWaiting,
    TpduError,
    WaitingKind,
    data_coding,
    general_dcs,
)

GSM7, DATA8, UCS2 = Alphabet.GSM7, Alphabet.DATA8, Alphabet.UCS2
GENERAL, DELETION, RESERVED = CodingGroup.GENERAL, CodingGroup.AUTOMATIC_DELETION, CodingGroup.RESERVED
DISCARD, STORE, STORE_UCS2 = (
    CodingGroup.WAITING_DISCARD,
    CodingGroup.WAITING_STORE,
    CodingGroup.WAITING_STORE_UCS2,
)
CLASS = CodingGroup.DATA_CODING_CLASS


@pytest.mark.parametrize(
    ("octet", "group", "alphabet", "compressed", "message_class"),
    [
        (0x00, GENERAL, GSM7, False, None),
        (0x03, GENERAL, GSM7, False, None),  # class bits without bit 4 mean nothing
        (0x04, GENERAL, DATA8, False, None),
        (0x08, GENERAL, UCS2, False, None),
        (0x0C, GENERAL, GSM7, False, None),  # reserved alphabet
        (0x10, GENERAL, GSM7, False, 0),
        (0x11, GENERAL, GSM7, False, 1),
        (0x16, GENERAL, DATA8, False, 2),
        (0x18, GENERAL, UCS2, False, 0),
        (0x1B, GENERAL, UCS2, False, 3),
        (0x20, GENERAL, GSM7, True, None),
        (0x28, GENERAL, UCS2, True, None),
        (0x30, GENERAL, GSM7, True, 0),
        (0x40, DELETION, GSM7, False, None),
        (0x48, DELETION, UCS2, False, None),
        (0x50, DELETION, GSM7, False, 0),
        (0x80, RESERVED, GSM7, False, None),
        (0xBF, RESERVED, GSM7, False, None),
        (0xF0, CLASS, GSM7, False, 0),
        (0xF3, CLASS, GSM7, False, 3),
        (0xF4, CLASS, DATA8, False, 0),
        (0xF5, CLASS, DATA8, False, 1),
        (0xFF, CLASS, DATA8, False, 3),
    ],
)
def test_groups(
    octet: int, group: CodingGroup, alphabet: Alphabet, compressed: bool, message_class: int | None
) -> None:
    coding = data_coding(octet)
    assert (coding.group, coding.alphabet, coding.compressed) == (group, alphabet, compressed)
    assert coding.message_class == message_class
    assert coding.waiting is None


@pytest.mark.parametrize(
    ("octet", "group", "alphabet", "kind", "active"),
    [
        (0xC0, DISCARD, GSM7, WaitingKind.VOICEMAIL, False),
        (0xC8, DISCARD, GSM7, WaitingKind.VOICEMAIL, True),
        (0xC9, DISCARD, GSM7, WaitingKind.FAX, True),
        (0xDA, STORE, GSM7, WaitingKind.EMAIL, True),
        (0xD3, STORE, GSM7, WaitingKind.OTHER, False),
        (0xE8, STORE_UCS2, UCS2, WaitingKind.VOICEMAIL, True),
        (0xEF, STORE_UCS2, UCS2, WaitingKind.OTHER, True),
    ],
)
def test_message_waiting_indications(
    octet: int, group: CodingGroup, alphabet: Alphabet, kind: WaitingKind, active: bool
) -> None:
    coding = data_coding(octet)
    assert (coding.group, coding.alphabet) == (group, alphabet)
    assert coding.waiting == MessageWaiting(kind, active)
    assert coding.message_class is None


def test_every_octet_has_a_meaning() -> None:
    assert [data_coding(octet).octet for octet in range(256)] == list(range(256))


@pytest.mark.parametrize("octet", [-1, 256])
def test_a_number_that_is_no_octet_has_none(octet: int) -> None:
    with pytest.raises(TpduError):
        data_coding(octet)


@pytest.mark.parametrize("alphabet", Alphabet)
@pytest.mark.parametrize("message_class", [None, 0, 1, 2, 3])
def test_the_octet_of_the_general_group(alphabet: Alphabet, message_class: int | None) -> None:
    coding = data_coding(general_dcs(alphabet, message_class))
    assert (coding.group, coding.alphabet, coding.message_class) == (GENERAL, alphabet, message_class)
