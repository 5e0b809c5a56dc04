"""A message as what goes to the modem, in the form that the modem of its SIM takes.

How many parts it has is the form's affair: a CDMA network joins none, so a long text is split visibly there and a
character like é makes it Unicode. What is planned here is what is counted and sent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from appliance.modem.cdma.is637 import CdmaError
from appliance.modem.cdma.text_plan import national_number, plan_cdma_text
from appliance.modem.messaging import CdmaOutgoing, SmsForm
from appliance.modem.sms import (
    Address,
    Alphabet,
    EncodedPdu,
    Stencil,
    TextPlan,
    TpduError,
    encode_pdu,
    plan_text,
    stencil,
    submits,
)
from appliance.store.sending import Queued, Said
from appliance.values import value

Outgoing = EncodedPdu | CdmaOutgoing


class NotEncodableError(Exception):
    """A stored message that is no SMS: its text or its number can't be said on the air."""


class NotByThisSimError(Exception):
    """Another SIM may send it: the network of this one, or the way in which it has begun, has no place for it."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.code)
        self.said = said


@value
class MessagePlan:
    """How a message goes by one form."""

    parts: int
    is_joined: bool
    """Several parts carry a reference by which phones join them."""
    encoded: Callable[[int | None, int], tuple[Outgoing, ...]]
    """All parts in order, by the reference and the time in ms. NotEncodableError.

    A message that expires is given the rest of its time as validity period, so that the network drops it too.
    """


def planned(message: Queued, form: SmsForm) -> MessagePlan:
    """How ``message`` goes by ``form``. NotEncodableError, NotByThisSimError."""
    return _as_tpdus(message) if form is SmsForm.TPDU else _by_cdma(message)


@lru_cache(maxsize=64)
def _plan_of(text: str, alphabet: str) -> TextPlan:
    """Many messages one after another have the same text. TpduError, ValueError."""
    return plan_text(text, alphabet=Alphabet(alphabet))


@lru_cache(maxsize=64)
def _stencil_of(text: str, alphabet: str, report: bool, flash: bool) -> Stencil | None:
    """The same of all that goes on the air but the number. TpduError, ValueError."""
    return stencil(_plan_of(text, alphabet), status_report_request=bool(report), flash=bool(flash))


def _as_tpdus(message: Queued) -> MessagePlan:
    try:
        plan = _plan_of(message.text, message.alphabet)
    except Exception as error:
        raise _not_encodable(error) from error

    def encoded(reference: int | None, now_ms: int) -> tuple[Outgoing, ...]:
        try:
            if len(plan.parts) == 1 and message.expires_at_ms is None:
                made = _stencil_of(message.text, message.alphabet, message.delivery_report, message.flash)
                pdu = None if made is None else made.to(message.recipient)
                if pdu is not None:
                    return (pdu,)
            tpdus = submits(
                plan,
                Address.from_text(message.recipient),
                reference=reference or 0,
                status_report_request=bool(message.delivery_report),
                flash=bool(message.flash),
                validity_s=_validity_s(message, now_ms),
            )
            return tuple(encode_pdu(each) for each in tpdus)
        except Exception as error:
            raise _not_encodable(error) from error

    return MessagePlan(len(plan.parts), len(plan.parts) > 1, encoded)


def _by_cdma(message: Queued) -> MessagePlan:
    try:
        number, texts = national_number(message.recipient), plan_cdma_text(message.text)
    except CdmaError as error:
        if error.code == "cdma.abroad":
            raise NotByThisSimError(Said("message.cdma-abroad")) from error
        raise NotByThisSimError(Said.of("message.cdma-text", detail=str(error))) from error

    def encoded(_reference: int | None, now_ms: int) -> tuple[Outgoing, ...]:
        return tuple(
            CdmaOutgoing(
                number,
                text,
                report=bool(message.delivery_report),
                flash=bool(message.flash),
                validity_s=_validity_s(message, now_ms),
            )
            for text in texts
        )

    return MessagePlan(len(texts), False, encoded)


def _validity_s(message: Queued, now_ms: int) -> int | None:
    return None if message.expires_at_ms is None else max(1, (message.expires_at_ms - now_ms) // 1000)


def _not_encodable(error: Exception) -> NotEncodableError:
    """Whatever is wrong with it: one message must not take SIM after SIM out of service."""
    detail = str(error) if isinstance(error, TpduError) else f"{type(error).__name__}: {error}"
    return NotEncodableError(detail)
