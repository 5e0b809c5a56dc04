"""A message of a CDMA modem on its way into the network, and what the modem says of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.modem.simulator.cdma.state import state_of
from appliance.modem.simulator.commands.message_send import transmit
from appliance.modem.simulator.errors import AtError, cms
from appliance.modem.simulator.outcome import Later, Lines, Outcome, Silence
from appliance.modem.sms import (
    Address,
    Alphabet,
    RelativeValidity,
    Submit,
    TpduError,
    UserData,
    general_dcs,
)
from appliance.modem.sms.gsm7 import try_encode_gsm7

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

ASCII_UNITS, UNICODE_UNITS = 160, 70

# SMS_CauseCode of TIA-41 (N.S0005) for what a 3GPP network would say.
_CAUSES = {1: 0, 8: 97, 10: 97, 21: 97, 27: 37, 38: 3, 41: 5, 42: 2, 47: 35, 50: 100, 331: 32}
_OTHER_GENERAL_PROBLEM = 107


def submit_of(
    number: str, text: str, *, report: bool, flash: bool = False, validity: int | None = None
) -> Submit:
    """The SUBMIT for a number and a text of one message. +CMS ERROR 305 for what it can't be."""
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    if units > (ASCII_UNITS if text.isascii() else UNICODE_UNITS):
        raise cms(305)
    septets = try_encode_gsm7(text) if text.isascii() else None
    fits = septets is not None and len(septets) <= ASCII_UNITS
    alphabet = Alphabet.GSM7 if fits else Alphabet.UCS2
    try:
        # Between 70 and 160 characters of ASCII that GSM-7 has no place for: the gateway writes blanks.
        if alphabet is Alphabet.UCS2 and units > UNICODE_UNITS:
            kept = "".join(each if len(try_encode_gsm7(each) or b"") == 1 else " " for each in text)
            user_data = UserData.from_text(kept[:ASCII_UNITS], Alphabet.GSM7)
        else:
            user_data = UserData.from_text(text, alphabet)
        return Submit(
            Address.from_text(number),
            user_data,
            general_dcs(user_data.alphabet, 0 if flash else None),
            validity=None if validity is None else RelativeValidity(validity),
            status_report_request=report,
        )
    except TpduError:
        raise cms(305) from None


def give_to_network(modem: "Modem", submit: Submit, name: str, *, refused: str = "") -> Outcome:
    """Submit, and answer with the reference under `name`. `refused`: the line of a refusal that comes after OK."""
    inner = transmit(modem, submit, submit.to_bytes(), has_smsc=True, name=name)
    answer = Later()
    inner.listen(lambda result: _answer(modem, result, name, refused, answer.resolve))
    return answer


def _answer(
    modem: "Modem",
    result: Lines | AtError | Silence,
    name: str,
    refused: str,
    resolve: Callable[[Lines | AtError | Silence], None],
) -> None:
    after_ok = modem.profile.cdma.settles_after_ok and bool(refused)
    if isinstance(result, Lines):
        tp_mr = int(result.lines[0].rpartition(" ")[2])
        line = f"{name}:{state_of(modem).told_for(tp_mr)}"
        if after_ok:
            resolve(Lines())
            modem.terminal.unsolicited(line)
        else:
            resolve(Lines((line,)))
    elif isinstance(result, AtError) and after_ok:
        resolve(Lines())
        modem.terminal.unsolicited(f"{refused}:{_CAUSES.get(result.code or 0, _OTHER_GENERAL_PROBLEM)}")
    else:
        resolve(result)
