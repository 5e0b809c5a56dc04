"""A PDU with other numbers and other text, of the same length and as valid: header, times, kinds and counts stay."""

from dataclasses import replace

from appliance.modem.sms import (
    Address,
    Alphabet,
    Deliver,
    Direction,
    StatusReport,
    Submit,
    TpduError,
    TypeOfNumber,
    UserData,
    decode_pdu,
    try_encode_gsm7,
)

from .stand_ins import StandIns

SHORTEST_PDU = 16
_SUBMIT = 0x01


def masked_pdu(text: str, stand_ins: StandIns) -> str | None:
    """The stand-in of a PDU in hex, as +CMGR, +CMT and the body of +CMGS have it; None where it is none."""
    for direction in (Direction.MOBILE_TERMINATED, Direction.MOBILE_ORIGINATED):
        try:
            masked = _masked(text, direction, stand_ins)
        except (TpduError, ValueError):
            continue
        if masked is not None and len(masked) == len(text):
            return masked.lower() if text.islower() else masked
    return None


def _masked(text: str, direction: Direction, stand_ins: StandIns) -> str | None:
    pdu = decode_pdu(text, direction)
    tpdu = pdu.tpdu
    trailing = getattr(tpdu, "trailing", b"")
    if trailing:
        return None
    if isinstance(tpdu, Submit):
        if direction is not Direction.MOBILE_ORIGINATED:
            return None
        changed: Submit | Deliver | StatusReport = replace(
            tpdu,
            destination=_address(tpdu.destination, stand_ins),
            user_data=_user_data(tpdu.user_data, stand_ins),
        )
    elif isinstance(tpdu, Deliver):
        changed = replace(
            tpdu,
            originator=_address(tpdu.originator, stand_ins),
            user_data=_user_data(tpdu.user_data, stand_ins),
        )
    elif isinstance(tpdu, StatusReport):
        changed = replace(tpdu, recipient=_address(tpdu.recipient, stand_ins))
    else:
        return None
    octets = bytes.fromhex(text)
    border = 1 + octets[0]
    made = changed.to_bytes()
    if len(made) != len(octets) - border:
        return None
    prefix = octets[:border] if pdu.smsc is None else _address(pdu.smsc, stand_ins).to_smsc_prefix()
    return (prefix + made).hex().upper()


def _address(address: Address, stand_ins: StandIns) -> Address:
    if address.ton is TypeOfNumber.ALPHANUMERIC:
        return replace(address, number=_like(address.number, stand_ins))
    return replace(address, number=stand_ins.number(address.number))


def _like(text: str, stand_ins: StandIns) -> str:
    """Each character by one of as many septets."""
    made = stand_ins.text(text)
    return "".join(
        new if _septets(new) == _septets(old) else "x" for old, new in zip(text, made, strict=True)
    )


def _septets(text: str) -> int:
    septets = try_encode_gsm7(text)
    return 0 if septets is None else len(septets)


def _user_data(data: UserData, stand_ins: StandIns) -> UserData:
    payload = data.payload
    if data.alphabet is Alphabet.GSM7:
        # Whatever the septets meant: a letter for each, but line ends stay (they are no secret, and shape a text).
        noise = stand_ins.octets(payload)
        changed = bytes(
            septet if septet in (0x0A, 0x0D, 0x20) else 0x61 + noise[at] % 26
            for at, septet in enumerate(payload)
        )
    elif data.alphabet is Alphabet.UCS2 and len(payload) % 2 == 0:
        text = "".join(chr(int.from_bytes(payload[at : at + 2], "big")) for at in range(0, len(payload), 2))
        changed = b"".join(ord(unit).to_bytes(2, "big") for unit in _units(stand_ins.text(text)))
    else:
        changed = stand_ins.octets(payload)
    return replace(data, payload=changed)


def _units(text: str) -> str:
    """Halves of pairs (emoji) by one and the same pair, so that they stay pairs."""
    return "".join(
        "\ud83d" if "\ud800" <= unit < "\udc00" else "\ude00" if "\udc00" <= unit < "\ue000" else unit
        for unit in text
    )
