"""The modem at bring-up: who made it, what it is called, its number, and the profile that it is treated by."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.asking import Asker
from appliance.modem.at.syntax import payload
from appliance.modem.identity import esn_in, imei_in, meid_in, words_in
from appliance.modem.profile import Profile
from appliance.modem.profiles import ProfileBook


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a modem says of itself; None where it doesn't."""

    manufacturer: str | None
    model: str | None
    revision: str | None
    imei: str | None = None
    meid: str | None = None
    esn: str | None = None

    @property
    def is_unknown(self) -> bool:
        """It said nothing of itself."""
        return not any((self.manufacturer, self.model, self.revision, self.imei, self.meid, self.esn))


async def equipment_of(asker: Asker, book: ProfileBook, hint: str | None) -> tuple[Equipment, Profile]:
    """Ask for its names, then for its number in the way of its profile."""
    texts = [
        await asker.first_line("AT+CGMI", "AT+GMI"),
        await asker.first_line("AT+CGMM", "AT+GMM"),
        await asker.first_line("AT+CGMR", "AT+GMR"),
    ]
    manufacturer, model, revision = (None if text is None else words_in(text) for text in texts)
    profile = book.match(manufacturer, model, hint=hint)
    serial = await asker.first_line(*profile.imei)
    if serial is None:
        return Equipment(manufacturer, model, revision), profile
    imei, meid, esn = imei_in(serial), meid_in(serial), esn_in(serial)
    if imei is None and meid is None and esn is None:
        asker.notes.append(f"{profile.imei[0]}: {payload(serial)[:40]} is no IMEI with a valid check digit")
    return Equipment(manufacturer, model, revision, imei, meid, esn), profile
