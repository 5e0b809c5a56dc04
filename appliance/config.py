"""The settings of a box: one declaration that reads, validates and documents each of them.

A settings file is TOML. Every setting is a field of :class:`Settings` or of one of its tables, with its
unit in its name, its default and its meaning beside it; ``simloft settings`` prints them all.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_type_hints

from appliance.policy.sending_hours import SendingHoursError, parse_sending_hours
from appliance.sentences import sentence

MAX_PARTS_OF_THE_STANDARD = 255
"""A concatenated message counts its parts in one octet (TS 23.040 §9.2.3.24.1)."""


_DEFAULT_DATA = Path("data")
_DEFAULT_USB_HELPER = Path("/run/simloft-usb/helper.sock")


class SettingsError(ValueError):
    """A settings file or an option is wrong; the text names the setting and says why."""


def _setting(default: Any, meaning: str, *, least: int | None = None, most: int | None = None) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """``[plan]``: the limits of each SIM that was given none of its own. Parts are counted, not messages."""

    minimum_gap_ms: int = _setting(0, "Least time between two sends of one SIM; 0 is no gap.", least=0)
    parts_per_minute: int = _setting(0, "Most parts of one SIM in any 60 seconds; 0 is no limit.", least=0)
    parts_per_hour: int = _setting(0, "Most parts of one SIM in any 60 minutes; 0 is no limit.", least=0)
    parts_per_day: int = _setting(0, "Most parts of one SIM in any 24 hours; 0 is no limit.", least=0)
    gap_jitter_percent: int = _setting(
        0, "By up to so much of itself each gap is longer, by chance.", least=0, most=100
    )
    parts_per_month: int = _setting(0, "Most parts of one SIM in its billing month; 0 is no limit.", least=0)
    recipients_per_month: int = _setting(
        0, "Most different recipients of one SIM in its billing month; 0 is no limit.", least=0
    )
    parts_per_recipient_per_day: int = _setting(
        0, "Most parts of one SIM to one recipient in any 24 hours; 0 is no limit.", least=0
    )
    sending_hours: str = _setting(
        "", "Hours in which a SIM sends, such as '08:00-12:00, 14:00-21:00' in time_zone; empty: at any hour."
    )
    contract_day: int = _setting(
        1,
        "Day of the month on which a billing month begins, at 00:00; where a month has no such day, on its last one.",
        least=1,
        most=31,
    )
    reserve_percent: int = _setting(
        10,
        "Of each limit of parts or recipients so much, rounded down, is left by bulk to what is more urgent, and half "
        "of it by notices to codes.",
        least=0,
        most=90,
    )
    warm_up_days: int = _setting(
        0,
        "So many days the limit for 24 hours of a new SIM grows until it is whole; 0: no warm-up.",
        least=0,
        most=365,
    )
    allowance_parts: int = _setting(0, "Parts of a billing month that cost nothing.", least=0)
    price_on_net_micros: int = _setting(
        0, "Price of a part to the SIM's own network, in millionths of its currency.", least=0
    )
    price_off_net_micros: int = _setting(0, "The same to other networks of the country.", least=0)
    price_abroad_micros: int = _setting(0, "The same to other countries.", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """``[simulated]``: the bank of simulated modems that a box without ports starts."""

    modems: int = _setting(8, "How many simulated modems.", least=1, most=256)
    latency_ms: int = _setting(800, "How long the simulated network takes to accept a part.", least=0)
    report_delay_ms: int = _setting(1500, "How long until its delivery report.", least=0)


SANDBOX_BANK = SimulatedSettings(modems=2, latency_ms=150, report_delay_ms=300)
"""The network of a sandbox: quick, so that nobody who tries a program waits for it."""
SANDBOX_RETENTION = {
    "messages_days": 14,
    "messages_rows": 20_000,
    "inbound_days": 14,
    "inbound_rows": 20_000,
    "inbound_unread_days": 14,
    "events_days": 14,
    "events_rows": 5_000,
    "recordings_days": 1,
    "recordings_mb": 20,
}
"""Of what was only tried, less is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySettings:
    """``[discovery]``: which devices the word "usb" and patterns of ports may mean."""

    allow: tuple[str, ...] = _setting(
        (),
        "Devices that may be asked whether they are modems: USB ids ('10c4:ea60'), places ('1-1.4', '1-1.4.*') or "
        "ttys ('ttyUSB3').",
    )
    deny: tuple[str, ...] = _setting((), "Devices that are never touched, in the same words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSettings:
    """``[balance]``: when the box asks carriers what is on the SIMs. How, and for which amount a SIM rests, is in the
    table of carriers (``simloft carriers``)."""

    every_h: int = _setting(
        24,
        "Hours between two questions of one SIM; 0: only when a person asks or a SIM seems empty.",
        least=0,
    )
    from_hour: int = _setting(8, "Local hour before which the box asks nothing by itself.", least=0, most=23)
    to_hour: int = _setting(20, "Local hour from which on the box asks nothing by itself.", least=1, most=24)
    tries: int = _setting(3, "Questions sent for one answer before it is given up.", least=1, most=10)
    retry_after_min: int = _setting(
        30, "Minutes until it is tried again when every way failed.", least=1, most=1440
    )
    warn_below: int = _setting(
        5,
        "Whole units of the currency (yuan) below which a SIM without a threshold of its own is warned about.",
        least=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAliveSettings:
    """``[keep_alive]``: messages between the SIMs of the box, so that no carrier takes back an unused number."""

    every_days: int = _setting(
        0,
        "Days within which each SIM must spend something, where neither its page nor the table of carriers says "
        "otherwise; 0: it need not.",
        least=0,
        most=3650,
    )
    days_before: int = _setting(
        5, "How many days before the date the first of these messages goes.", least=1, most=60
    )
    from_hour: int = _setting(9, "Local hour before which none goes.", least=0, most=23)
    to_hour: int = _setting(18, "Local hour from which on none goes.", least=1, most=24)
    gap_min: int = _setting(10, "Least minutes between two of them.", least=1, most=1440)
    tries: int = _setting(4, "Messages that may fail within three days.", least=1, most=20)
    retry_after_h: int = _setting(4, "Hours until it is tried again by another way.", least=1, most=168)
    text: str = _setting("SIM keep-alive {code}", "Their text; {code} tells them apart.")
    fallback: str = _setting("", "A number for SIMs that have no other SIM of the box to write to.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """``[smtp]``: mails that are sent as text messages, to NUMBER@anything. Off while ``listen`` is empty."""

    listen: tuple[str, ...] = _setting(
        (), "Addresses and ports for mails, such as '0.0.0.0:2525'; empty: off."
    )
    networks: tuple[str, ...] = _setting(
        (), "Networks of devices that can't log in, such as '192.168.1.0/24'; who mails from elsewhere must."
    )
    key: str = _setting("", "Name of the API key that these devices count for.")
    most_mail_kb: int = _setting(
        5120,
        "Kilobytes of the largest mail that is taken; pictures in it are left out.",
        least=16,
        most=51_200,
    )
    text: str = _setting(
        "subject-and-body", "What of a mail is sent: 'subject-and-body', 'subject' or 'body'."
    )
    most_parts: int = _setting(
        4, "Parts of the longest message that becomes of a mail.", least=1, most=MAX_PARTS_OF_THE_STANDARD
    )
    too_long: str = _setting("cut", "What is done with a longer text: 'cut' it, or 'refuse' the mail.")
    priority: str = _setting("notice", "Priority of these messages: 'otp', 'notice' or 'bulk'.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """``[tls]``: HTTPS beside plain HTTP, with a certificate that the box makes (``simloft tls``) or one of yours."""

    listen: str = _setting(
        "auto",
        "Address and port of HTTPS; 'off'; or 'auto': beside port 8080 on 8443, beside 80 on 443, else off.",
    )
    certificate: str = _setting(
        "", "File with a certificate of yours and its chain, PEM; empty: the box makes one."
    )
    key: str = _setting("", "File with its key, PEM, without a password.")
    names: tuple[str, ...] = _setting(
        (), "Host names under which the box is reached and which it can't know, such as 'sms.lan'."
    )
    redirect: bool = _setting(
        False,
        "Whether pages that are asked for over plain HTTP are sent to HTTPS. Programs are never redirected.",
    )
    http_api: bool = _setting(True, "Whether programs are answered over plain HTTP, too.")
    hsts_days: int = _setting(
        0,
        "So long a browser that came by HTTPS comes by nothing else; 0: it may. Only with a certificate that stays.",
        least=0,
        most=730,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """``[listeners]``: further ports, each for one kind of program only."""

    kannel: str = _setting(
        "",
        "Address and port that answer only what a Kannel gateway does, such as '0.0.0.0:13013'; empty: off. "
        "The page's own port answers it, too.",
    )
    android: str = _setting(
        "",
        "Address and port that answer as the app 'SMS Gateway for Android' does in its local mode, such as "
        "'0.0.0.0:8090'; empty: off. The page's own port answers it below /3rdparty/v1.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunSettings:
    """``[aliyun]``: programs that were written for Aliyun's SendSms (``simloft api-key aliyun``)."""

    clock_skew_min: int = _setting(
        720,
        "Minutes by which the time in a signed request may differ from that of the box; 0: it is not looked at. Nor is "
        "it while the box doubts its own clock.",
        least=0,
        most=720,
    )
    pass_through: str = _setting(
        "",
        'A TemplateCode with which programs send any text, as {"text": "…"}; empty: only templates of the box.',
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """``[webhooks]``: how the box tells others of changes by HTTP. It never sends to itself or to link-local places."""

    give_up_after_s: int = _setting(
        86_400,
        "Seconds after which what a receiver never took goes to its dead list; it is tried ten times until then, ever "
        "less often.",
        least=1,
        most=30 * 86_400,
    )
    connect_timeout_s: int = _setting(
        5, "Seconds that a receiver has to take a connection.", least=1, most=60
    )
    answer_timeout_s: int = _setting(15, "Seconds that it then has for its whole answer.", least=1, most=60)
    ca_file: str = _setting(
        "", "File with certificates (PEM) of authorities that are trusted beside those of the system."
    )
    allow_loopback: bool = _setting(
        False, "For tests and development: lets the box send to itself, which no box in use should."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """``[retention]``: how long the box keeps what is over. 0 is no limit. What is waiting, uncertain or counted by a
    plan is never deleted, and neither is what proves that a SIM was used."""

    messages_days: int = _setting(400, "Days that sent messages are kept after their end.", least=0)
    messages_rows: int = _setting(
        2_000_000, "Of more messages the oldest that are over go, but none of the last two days.", least=0
    )
    inbound_days: int = _setting(
        400, "Days that received messages are kept which somebody has read.", least=0
    )
    inbound_rows: int = _setting(
        1_000_000, "Of more received messages the oldest that were read go.", least=0
    )
    inbound_unread_days: int = _setting(
        0, "Days that received messages are kept which nobody has read.", least=0
    )
    events_days: int = _setting(400, "Days that the history of ports and SIMs goes back.", least=0)
    events_rows: int = _setting(200_000, "Most entries of that history.", least=0)
    money_days: int = _setting(400, "Days that balances and the questions for them are kept.", least=0)
    keep_alive_days: int = _setting(1100, "Days that proofs are kept that a SIM was used.", least=0)
    acts_days: int = _setting(100, "Days that loop tests and swaps are kept.", least=0)
    recordings_days: int = _setting(30, "Days that recordings of lines are kept.", least=0)
    recordings_mb: int = _setting(500, "Of more megabytes of recordings the oldest go.", least=0)
    night_from_hour: int = _setting(
        2, "Local hour from which on the box looks after its database.", least=0, most=23
    )
    night_to_hour: int = _setting(
        5, "Local hour at which it ends; it may be after midnight.", least=0, most=23
    )
    most_log_mb: int = _setting(
        1000,
        "Megabytes of the database's log (simloft.db-wal) at which a program is ended that reads the database without "
        "an end and so keeps the log from being emptied; 0: never, it is only told of.",
        least=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, validated once; paths are absolute."""

    data: Path = _setting(  # noqa: RUF009 - an immutable path
        _DEFAULT_DATA, "Directory that holds everything of this box."
    )
    listen: str = _setting("0.0.0.0:8080", "Address and port of the page and the API.")
    ports: tuple[str, ...] = _setting(
        (),
        "Serial ports of the modems: paths, patterns ('/dev/ttyUSB*'), or 'usb' for every known modem that is plugged "
        "in. Empty: 'usb' where modems are plugged in, else simulated ones.",
    )
    usb_helper: Path = _setting(  # noqa: RUF009 - an immutable path
        _DEFAULT_USB_HELPER, "Socket of the helper that resets USB devices; it is used where it is there."
    )
    home_region: str = _setting("CN", "Region of numbers that are typed without a country code (ISO 3166).")
    time_zone: str = _setting("Asia/Shanghai", "Zone in which times are shown (IANA name).")
    most_parts: int = _setting(
        10, "Longest message that is accepted, in parts.", least=1, most=MAX_PARTS_OF_THE_STANDARD
    )
    roaming: str = _setting(
        "wait",
        "What a SIM in a foreign network does with messages that wait: 'send' them, or 'wait' until it is back, "
        "because they may cost many times as much there. It receives in either case.",
    )
    hang_up_calls: bool = _setting(
        False,
        "Whether the box hangs up when somebody calls one of its SIMs; missed calls are noted in either case.",
    )
    plan: PlanSettings = field(default_factory=PlanSettings)
    simulated: SimulatedSettings = field(default_factory=SimulatedSettings)
    discovery: DiscoverySettings = field(default_factory=DiscoverySettings)
    balance: BalanceSettings = field(default_factory=BalanceSettings)
    keep_alive: KeepAliveSettings = field(default_factory=KeepAliveSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    listeners: ListenerSettings = field(default_factory=ListenerSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    aliyun: AliyunSettings = field(default_factory=AliyunSettings)

    @property
    def database(self) -> Path:
        return self.data / "simloft.db"

    @property
    def doorbell(self) -> Path:
        return self.data / "pool.sock"

    @property
    def bank_directory(self) -> Path:
        return self.data / "bank"

    @property
    def bank_control(self) -> Path:
        return self.data / "bank.sock"

    @property
    def bank_ledger(self) -> Path:
        return self.data / "bank-ledger.jsonl"

    @property
    def address_file(self) -> Path:
        """Where a running box leaves the address on which it listens, for commands that name it."""
        return self.data / "address"

    @property
    def first_api_key(self) -> Path:
        return self.data / "first-api-key"

    @property
    def sandbox(self) -> Settings:
        """Those of the second box, which is for trying programs: simulated whatever this one is, and without limits.

        What is accepted, and in which words, is as on this box.
        """
        return replace(
            self,
            data=self.data / "sandbox",
            ports=(),
            plan=PlanSettings(),
            simulated=SANDBOX_BANK,
            retention=replace(self.retention, **SANDBOX_RETENTION),
        )

    @property
    def has_listeners(self) -> bool:
        """Whether anything is switched on that the process of listeners serves."""
        return bool(self.smtp.listen)

    @property
    def is_simulated(self) -> bool:
        """Whether the box runs on simulated modems because no port was given."""
        return not self.ports

    @property
    def port_patterns(self) -> tuple[str, ...]:
        """The patterns that the pool opens: the given ones, or those of the simulated bank."""
        return self.ports or (str(self.bank_directory / "modem*"),)

    @property
    def host_and_port(self) -> tuple[str, int]:
        return parse_listen(self.listen)

    @property
    def tls_host_and_port(self) -> tuple[str, int] | None:
        """Where HTTPS is answered; None: nowhere."""
        match self.tls.listen:
            case "off":
                return None
            case "auto":
                host, port = self.host_and_port
                secure = {8080: 8443, 80: 443}.get(port)
                return None if secure is None else (host, secure)
            case place:
                return parse_listen(place)

    @property
    def tls_directory(self) -> Path:
        """Where the certificates are that the box makes."""
        return self.data / "tls"


def parse_listen(text: str) -> tuple[str, int]:
    """``HOST:PORT`` (``[::1]:8080`` for IPv6, ``:8080`` for every address) as a pair."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"listen: “{text}” is no address with a port, such as 0.0.0.0:8080")
    return host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port)


def read_settings(path: Path | None, **given: Any) -> Settings:
    """The settings of a TOML file (none: the defaults), with what was ``given`` as options on top.

    ``None`` among the options means "not given". Raises :class:`SettingsError` with the file, the
    setting and the reason.
    """
    table: Mapping[str, Any] = {}
    if path is not None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"{path}: can't be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{path}: is not UTF-8 text") from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path}: {error}") from error
    try:
        settings: Settings = _from_table(Settings, table, "")
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
        return _checked(settings)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}" if path else str(error)) from error


def declared_settings() -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of every setting, tables after plain ones, for help and documentation."""
    tables = (
        ("", Settings),
        ("plan.", PlanSettings),
        ("simulated.", SimulatedSettings),
        ("discovery.", DiscoverySettings),
        ("balance.", BalanceSettings),
        ("keep_alive.", KeepAliveSettings),
        ("retention.", RetentionSettings),
        ("smtp.", SmtpSettings),
        ("tls.", TlsSettings),
        ("listeners.", ListenerSettings),
        ("webhooks.", WebhookSettings),
        ("aliyun.", AliyunSettings),
    )
    for prefix, table in tables:
        for each in fields(table):
            if each.default is not MISSING:
                yield f"{prefix}{each.name}", _as_toml(each.default), each.metadata["meaning"]


def _as_toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[]" if not value else str(list(value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f'"{value}"'


def _from_table(cls: type[Any], table: Mapping[str, Any], prefix: str) -> Any:
    hints = get_type_hints(cls)
    known: dict[str, Field[Any]] = {each.name: each for each in fields(cls)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean “{near[0]}”?" if near else ""
            raise SettingsError(f"{prefix}{name}: there is no such setting{hint}")
        values[name] = _converted(hints[name], value, f"{prefix}{name}", known[name].metadata)
    return cls(**values)


_TABLES = (
    PlanSettings,
    SimulatedSettings,
    DiscoverySettings,
    BalanceSettings,
    KeepAliveSettings,
    RetentionSettings,
    SmtpSettings,
    TlsSettings,
    ListenerSettings,
    WebhookSettings,
    AliyunSettings,
)


def _converted(hint: Any, value: Any, name: str, metadata: Mapping[str, Any]) -> Any:
    if hint in _TABLES:
        if not isinstance(value, dict):
            raise SettingsError(f"{name}: is a table, written [{name}]")
        return _from_table(hint, value, f"{name}.")
    if hint is bool:
        if not isinstance(value, bool):
            raise SettingsError(f"{name}: needs true or false, not {value!r}")
        return value
    if hint is int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"{name}: needs a whole number, not {value!r}")
        return _in_range(value, name, metadata)
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            example = "10c4:ea60" if name.startswith("discovery.") else "/dev/ttyUSB*"
            raise SettingsError(f"{name}: needs a list of texts, such as ['{example}']")
        return tuple(value)
    if not isinstance(value, str):
        raise SettingsError(f"{name}: needs a text in quotes, not {value!r}")
    return Path(value) if hint is Path else value


def _in_range(value: int, name: str, metadata: Mapping[str, Any]) -> int:
    least, most = metadata.get("least"), metadata.get("most")
    if least is not None and value < least:
        raise SettingsError(f"{name}: {value} is less than {least}")
    if most is not None and value > most:
        raise SettingsError(f"{name}: {value} is more than {most}")
    return value


def _checked(settings: Settings) -> Settings:
    parse_listen(settings.listen)
    _check_region(settings.home_region)
    _check_zone(settings.time_zone)
    if settings.roaming not in ("send", "wait"):
        raise SettingsError(f"roaming: “{settings.roaming}” is neither send nor wait")
    _check_sending_hours(settings.plan.sending_hours)
    _check_ports(settings.ports)
    _check_devices("discovery.allow", settings.discovery.allow)
    _check_devices("discovery.deny", settings.discovery.deny)
    _check_smtp(settings.smtp)
    _check_tls(settings.tls)
    _check_place("listeners.kannel", settings.listeners.kannel)
    _check_place("listeners.android", settings.listeners.android)
    _check_hours("balance", settings.balance.from_hour, settings.balance.to_hour)
    _check_hours("keep_alive", settings.keep_alive.from_hour, settings.keep_alive.to_hour)
    if settings.retention.night_from_hour == settings.retention.night_to_hour:
        raise SettingsError(
            "retention.night_to_hour: is the same as retention.night_from_hour, so there is no night"
        )
    return replace(settings, data=settings.data.expanduser().absolute())


def _check_smtp(smtp: SmtpSettings) -> None:
    for place in smtp.listen:
        try:
            parse_listen(place)
        except SettingsError as error:
            raise SettingsError(f"smtp.{error}") from error
    for network in smtp.networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise SettingsError(
                f"smtp.networks: “{network}” is no network, such as 192.168.1.0/24"
            ) from error
    if smtp.networks and not smtp.key:
        raise SettingsError("smtp.key: is needed where smtp.networks are given: the name of an API key")
    choices = {
        "text": ("subject-and-body", "subject", "body"),
        "too_long": ("cut", "refuse"),
        "priority": ("otp", "notice", "bulk"),
    }
    for name, known in choices.items():
        value = getattr(smtp, name)
        if value not in known:
            raise SettingsError(f"smtp.{name}: “{value}” is none of {', '.join(known)}")


def _check_place(name: str, place: str) -> None:
    if place:
        try:
            parse_listen(place)
        except SettingsError as error:
            raise SettingsError(f"{name}: {str(error).removeprefix('listen: ')}") from error


def _check_tls(tls: TlsSettings) -> None:
    if tls.listen not in ("auto", "off"):
        _check_place("tls.listen", tls.listen or "-")
    if bool(tls.certificate) != bool(tls.key):
        given, missing = ("certificate", "key") if tls.certificate else ("key", "certificate")
        raise SettingsError(f"tls.{missing}: is needed where tls.{given} is given")
    for name in tls.names:
        if not re.fullmatch(r"(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name.lower()):
            raise SettingsError(f"tls.names: “{name}” is no host name, such as sms.lan")


def _check_hours(table: str, from_hour: int, to_hour: int) -> None:
    if from_hour >= to_hour:
        raise SettingsError(f"{table}.to_hour: {to_hour} is not after {table}.from_hour ({from_hour})")


def _check_sending_hours(text: str) -> None:
    try:
        parse_sending_hours(text)
    except SendingHoursError as error:
        raise SettingsError(f"plan.sending_hours: {sentence(error.code, error.args_for_person)}") from error


def _check_region(region: str) -> None:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - 30 ms that most commands don't need

    if region not in SUPPORTED_REGIONS:
        raise SettingsError(f"home_region: “{region}” is no region code, such as CN")


def _check_ports(ports: tuple[str, ...]) -> None:
    for entry in ports:
        if not entry.strip():
            raise SettingsError(
                "ports: an entry is empty; name a port such as '/dev/ttyUSB*', or leave it out"
            )
        if entry.lower() == "usb" and entry != "usb":
            raise SettingsError(f"ports: “{entry}” is written “usb”")


def _check_devices(name: str, entries: tuple[str, ...]) -> None:
    if not entries:
        return
    from appliance.modem.discovery.permission import Pattern, PatternError  # noqa: PLC0415 - few boxes need it

    for number, entry in enumerate(entries, 1):
        try:
            Pattern.from_text(entry)
        except PatternError as error:
            raise SettingsError(f"{name}: entry {number}: {error}") from error


def _check_zone(zone: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"time_zone: “{zone}” is no IANA zone, such as Asia/Shanghai") from error
