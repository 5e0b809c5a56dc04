"""What is encoded is decoded to the same value, through the hex that goes over the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Address,
    Direction,
    TpduError,
    decode_pdu,
    encode_pdu,
    join_text,
    plan_text,
    submits,
)

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=400),
    st.text("aZ€[]{}\\^~|@\n 0", max_size=500),
    st.text("您好😀👍🏽\u200d♂\ufe0f世界", max_size=300),
)
DESTINATION = Address.from_text("+8613912345678")


@given(TEXTS, st.sampled_from((8, 16)), st.booleans(), st.sampled_from((None, 1, 300, 86_400)))
def test_a_text_comes_back_from_its_parts(text: str, bits: int, flash: bool, validity_s: int | None) -> None:
    plan = plan_text(text, reference_bits=bits)
    assert "".join(plan.parts) == text
    sent = submits(plan, DESTINATION, reference=77, flash=flash, validity_s=validity_s)
    received = []
    for submit in sent:
        encoded = encode_pdu(submit, smsc=Address.from_text("+8613800100500"))
        pdu = decode_pdu(encoded.hex, Direction.MOBILE_ORIGINATED)
        assert pdu.tpdu == submit
        assert pdu.tpdu_length == encoded.tpdu_length
        received.append(pdu.tpdu.user_data)
    assert join_text(received) == text


def test_a_lone_surrogate_is_refused_in_words() -> None:
    with pytest.raises(TpduError, match="half of a character"):
        plan_text("a\ud83d")
