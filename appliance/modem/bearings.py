"""What is known of a modem, its SIM and its network after bring-up, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.modem.messaging import SmsForm


class Registration(StrEnum):
    """The <stat> of ``+CREG``, ``+CGREG``, ``+CEREG`` (TS 27.007 §7.2, §10.1.20, §10.1.22) that matter here."""

    NOT_REGISTERED = "not-registered"
    """0: not registered and not searching."""
    HOME = "home"
    SEARCHING = "searching"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """4, or the modem doesn't tell."""
    ROAMING = "roaming"
    SMS_ONLY_HOME = "sms-only-home"
    SMS_ONLY_ROAMING = "sms-only-roaming"
    EMERGENCY_ONLY = "emergency-only"

    @property
    def can_send(self) -> bool:
        """Whether a network has accepted this SIM for short messages."""
        return self in _REGISTERED

    @property
    def roaming(self) -> bool | None:
        """Whether the network is a foreign one; None where no network is known to have accepted the SIM."""
        return self in _ROAMING if self.can_send else None


_REGISTERED = frozenset(
    {
        Registration.HOME,
        Registration.ROAMING,
        Registration.SMS_ONLY_HOME,
        Registration.SMS_ONLY_ROAMING,
    }
)


_ROAMING = frozenset({Registration.ROAMING, Registration.SMS_ONLY_ROAMING})


class CardPresence(StrEnum):
    """What the cheap look at the card found."""

    PRESENT = "present"
    REMOVED = "removed"
    CHANGED = "changed"
    """Another card than at bring-up."""
    UNKNOWN = "unknown"
    """The modem doesn't tell just now."""


class Route(StrEnum):
    """How something that arrives comes to us (TS 27.005 §3.4.1)."""

    NOTIFIED = "notified"
    """Stored in the modem's memory, and announced (``+CMTI``, ``+CDSI``)."""
    DIRECT = "direct"
    """On the line at once and stored nowhere (``+CMT``, ``+CDS``)."""
    LISTED = "listed"
    """Stored and not announced: found only by listing the memory."""
    NONE = "none"
    """Does not come at all."""


@dataclass(frozen=True, slots=True)
class ReceiveMode:
    """How messages and delivery reports come, and where they are stored meanwhile."""

    messages: Route
    reports: Route
    must_acknowledge: bool = False
    """What comes directly wants ``+CNMA`` (``+CSMS=1`` is in force and can't be left)."""
    memory: str | None = None
    """Memory for received messages (``SM``, ``ME``, ``MT``); None where ``+CPMS`` is not known."""
    used: int | None = None
    """Places taken in it at bring-up."""
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Bearings:
    """Who and where a modem is, after bring-up. None: it doesn't tell."""

    manufacturer: str | None
    model: str | None
    revision: str | None
    imei: str | None
    """15 digits with a valid check digit; anything else counts as untold. Cheap makers repeat them."""
    iccid: str | None
    imsi: str | None
    msisdn: str | None
    """Own number as on the card (``+CNUM``), empty on most."""
    operator: str | None
    registration: Registration
    rssi_dbm: int | None
    smsc: str | None
    receive: ReceiveMode
    notes: tuple[str, ...] = ()
    """What was refused and could be done without, e.g. ``AT+CNMI=2,1,0,1,0: +CMS ERROR: 303``."""
    profile: str = "generic"
    """The profile (`appliance.modem.profiles`) that the modem was treated by."""
    form: SmsForm = SmsForm.TPDU
    """What `ModemSession.send` takes."""
    meid: str | None = None
    """14 hexadecimal digits (3GPP2 S.R0048), of a CDMA modem."""
    esn: str | None = None
    """8 hexadecimal digits, of an older CDMA modem."""

    @property
    def roaming(self) -> bool | None:
        """As `Registration.roaming`."""
        return self.registration.roaming


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """What changes while a modem is in service."""

    registration: Registration
    operator: str | None
    rssi_dbm: int | None

    @property
    def roaming(self) -> bool | None:
        """As `Registration.roaming`."""
        return self.registration.roaming
