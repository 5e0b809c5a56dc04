"""A message as the PDUs that go to the modem."""

from __future__ import annotations

from appliance.modem.sms import Address, Alphabet, EncodedPdu, TpduError, encode_pdu, plan_text, submits
from appliance.store.sending import Queued


class NotEncodableError(Exception):
    """A stored message that is no SMS: its text or its number can't be said on the air."""


def encoded_parts(message: Queued, reference: int | None, now_ms: int) -> tuple[EncodedPdu, ...]:
    """All parts of a message, in order, as they were counted when it was accepted.

    A message that expires is given the rest of its time as validity period, so that the network drops it too.
    """
    validity_s = None
    if message.expires_at_ms is not None:
        validity_s = max(1, (message.expires_at_ms - now_ms) // 1000)
    try:
        plan = plan_text(message.text, alphabet=Alphabet(message.alphabet))
        if len(plan.parts) != message.parts_total:
            raise NotEncodableError(f"{len(plan.parts)} parts instead of {message.parts_total}")
        tpdus = submits(
            plan,
            Address.from_text(message.recipient),
            reference=reference or 0,
            status_report_request=bool(message.delivery_report),
            flash=bool(message.flash),
            validity_s=validity_s,
        )
        return tuple(encode_pdu(each) for each in tpdus)
    except NotEncodableError:
        raise
    except Exception as error:
        # Whatever is wrong with it: one message must not take SIM after SIM out of service.
        detail = str(error) if isinstance(error, TpduError) else f"{type(error).__name__}: {error}"
        raise NotEncodableError(detail) from error
