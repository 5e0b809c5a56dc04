"""Which form of messages a modem is spoken to in: one table by the technology of its profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.modem.at.dialogue import Dialogue
from appliance.modem.cdma.huawei_text import HuaweiTextMessaging
from appliance.modem.cdma.packet import PacketMessaging
from appliance.modem.cdma.text import QualcommTextMessaging, StandardTextMessaging
from appliance.modem.messaging import Messaging
from appliance.modem.profile import Profile, Technology
from appliance.modem.states import LineError, PortState
from appliance.modem.tpdu_messaging import TpduMessaging

FORMS: Mapping[Technology, Callable[[Dialogue, Profile], Messaging]] = {
    Technology.GSM: TpduMessaging,
    Technology.CDMA_TEXT_HUAWEI: HuaweiTextMessaging,
    Technology.CDMA_TEXT_QUALCOMM: QualcommTextMessaging,
    Technology.CDMA_TEXT_STANDARD: StandardTextMessaging,
    Technology.CDMA_PDU: PacketMessaging,
}


def messaging_for(dialogue: Dialogue, profile: Profile) -> Messaging:
    """The messages of a modem of this family. LineError(NO_PDU_MODE) where the box has no driver for them."""
    form = FORMS.get(profile.technology)
    if form is None:
        raise LineError(PortState.NO_PDU_MODE, detail=profile.technology.value)
    return form(dialogue, profile)
