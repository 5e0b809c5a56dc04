"""Reasons, states and kinds in the words of one language, with times in the zone of the box."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from appliance.desk.hubs import short_name
from appliance.policy.reason import Reason
from appliance.sentences import sentence
from appliance.values import value
from appliance.web.language import Language
from appliance.web.moment import ago, clock, exact, rfc3339

N_ = str
"""Marks an English text for the catalogs where it is translated later."""

MESSAGE_STATES = {
    "held": N_("held"),
    "queued": N_("waiting"),
    "sending": N_("sending"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "undelivered": N_("not delivered"),
    "uncertain": N_("uncertain"),
    "failed": N_("failed"),
    "expired": N_("expired"),
    "cancelled": N_("cancelled"),
}
PART_STATES = {
    "submitting": N_("being handed over"),
    "accepted": N_("taken by the network"),
    "refused": N_("refused"),
    "uncertain": N_("uncertain"),
    "delivered": N_("delivered"),
    "undelivered": N_("not delivered"),
}
SMS_FORMS = {
    "tpdu": N_("3GPP, PDU mode"),
    "cdma-text": N_("CDMA, text mode"),
    "cdma-pdu": N_("CDMA, PDU mode"),
}
NUMBER_SOURCES = {
    "typed": N_("typed in"),
    "card": N_("told by the card"),
    "loop-test": N_("learnt by a loop test"),
}
PORT_STATES = {
    "absent": N_("nothing plugged in"),
    "no-permission": N_("no permission"),
    "in-use": N_("used by another program"),
    "opening": N_("opening"),
    "probing": N_("looking for a modem"),
    "no-answer": N_("no answer"),
    "garbled": N_("unreadable answers"),
    "no-modem": N_("no modem"),
    "no-sim": N_("no SIM"),
    "pin-required": N_("needs a PIN"),
    "wrong-pin": N_("wrong PIN"),
    "pin-not-tried": N_("PIN not tried"),
    "puk-required": N_("needs the PUK"),
    "sim-failure": N_("SIM can't be read"),
    "sim-busy": N_("SIM is starting"),
    "no-pdu-mode": N_("can't send SMS"),
    "no-smsc": N_("no service centre"),
    "registering": N_("looking for a network"),
    "registration-denied": N_("refused by the network"),
    "no-network": N_("no network"),
    "ready": N_("ready"),
    "line-lost": N_("connection lost"),
    "quarantined": N_("taken out of use"),
}
ALARMS = {
    "clone": N_("One SIM in two places"),
    "puk": N_("Blocked: needs the PUK"),
    "wrong-pin": N_("Wrong PIN"),
    "pin": N_("Needs its PIN"),
    "quarantine": N_("Taken out of use"),
    "memory-full": N_("Memory full: nothing more comes in"),
    "refused": N_("Refused by the carrier"),
    "low-balance": N_("Low balance"),
    "device": N_("The box may not use a line"),
    "webhook": N_("A program is not told"),
}
SOURCES = {
    "api": N_("a program (API)"),
    "page": N_("this page"),
    "cli": N_("the command line"),
    "loop-test": N_("loop test"),
    "keep-alive": N_("keep-alive"),
    "balance": N_("balance query"),
    "smtp": N_("mail (SMTP)"),
    "kannel": "Kannel",
    "smseagle": "SMSEagle",
    "android": N_("SMS Gateway for Android"),
    "hook": N_("a webhook"),
    "teltonika": "Teltonika",
    "aliyun": N_("Aliyun SendSms"),
}
KEY_LIMITS = {
    "messages-per-minute": N_("Messages a minute"),
    "messages-per-day": N_("Messages in 24 hours"),
    "test-allowance": N_("Real messages for tests"),
}
YUAN = N_("{amount} CNY")
WHO = {
    "page": N_("Someone on the page"),
    "cli": N_("Someone at the command line"),
    "api": N_("A program"),
}
"""Who did something, where no name is known; "api: NAME" is told as :data:`NAMED_PROGRAM`."""
NAMED_PROGRAM = N_("The program “{name}”")
PORT_COMMANDS = {
    "trace": N_("The last lines, numbers and texts hidden"),
    "trace-plain": N_("The last lines, with numbers and texts"),
    "record-start": N_("Record the line"),
    "record-stop": N_("End the recording"),
    "identify": N_("Which one is it?"),
    "restart": N_("Start the modem anew"),
    "release": N_("Release"),
    "at": N_("AT command"),
    "ussd": N_("Ask the network (USSD)"),
    "pin-now": N_("Try the PIN"),
}
INBOX_KINDS = {
    "text": N_("text"),
    "flash": N_("flash message"),
    "binary": N_("data"),
    "voicemail": N_("voicemail notice"),
    "wap-push": N_("WAP push"),
    "sim-ota": N_("SIM update"),
    "unreadable": N_("unreadable"),
}
DETAILS = (
    N_("no prompt"),
    N_("mute"),
    N_("restarted"),
    N_("line lost before"),
    N_("line lost after"),
    N_("no final"),
    N_("no ok"),
    N_("no reference"),
    N_("no answer to AT"),
    N_("not there"),
    N_("taken out"),
    N_("asks for it again"),
    N_("not tried: it would be the last try"),
    N_("not tried: a PIN has 4 to 8 digits"),
    N_("no answer"),
    N_("not brought up"),
    N_("it gives back what is written, and no answer"),
    N_("flaps"),
    N_("closed"),
    N_("another card"),
    N_("not-registered"),
    N_("searching"),
    N_("denied"),
    N_("the modem has restarted"),
)
"""Short facts that come as ``{detail}`` beside the words of the standards for errors, which the catalogs have too."""

_NUMBERED = re.compile(r"([0-9]{1,5}) (.+)", re.DOTALL)

LIMIT_NAMES = {
    "gap": N_("gap"),
    "minute": N_("a minute"),
    "hour": N_("an hour"),
    "day": N_("24 hours"),
    "month": N_("billing month"),
    "warm-up": N_("24 hours while it is new"),
    "recipients": N_("recipients in the month"),
    "per-recipient": N_("to one recipient"),
    "sending-hours": N_("sending hours"),
}

PRIORITIES = {0: N_("one-time code"), 1: N_("notice"), 2: N_("bulk")}


@value
class Words:
    """Everything that turns values into text for one request."""

    language: Language
    zone: ZoneInfo
    now_ms: int

    def sentence(self, code: str, args: Mapping[str, object] | None = None) -> str:
        """A sentence of the house; words of states among its arguments are translated too."""
        spoken = self._spoken(args or {})
        return sentence(code, spoken, translate=self.language.text, zone=self.zone, now_ms=self.now_ms)

    def reason(self, reason: Reason) -> str:
        return self.sentence(reason.code, reason.args)

    def message_state(self, state: str) -> str:
        return self.language.text(MESSAGE_STATES.get(state, state))

    def part_state(self, state: str) -> str:
        return self.language.text(PART_STATES.get(state, state))

    def port_state(self, state: str) -> str:
        return self.language.text(PORT_STATES.get(state, state))

    def alarm(self, alarm: str) -> str:
        return self.language.text(ALARMS.get(alarm, alarm))

    def port_command(self, command: str) -> str:
        return self.language.text(PORT_COMMANDS.get(command, command))

    def sms_form(self, form: str) -> str:
        """How messages are spoken of with a modem."""
        return self.language.text(SMS_FORMS.get(form, form))

    def number_source(self, source: str) -> str:
        """How the number of a SIM became known."""
        return self.language.text(NUMBER_SOURCES.get(source, source))

    def money(self, amount: object) -> str:
        """An amount with its currency, as people say it: “86.40 CNY”, “86.40 元”."""
        units, _, currency = str(amount).rpartition(" ")
        return self.language.text(YUAN, amount=units) if currency == "CNY" else str(amount)

    def source(self, source: str) -> str:
        return self.language.text(SOURCES.get(source, source))

    def who(self, who: str) -> str:
        """``page``, ``cli``, ``api: shop`` (:func:`appliance.desk.audit.name_of`) in words."""
        way, named, name = who.partition(": ")
        if named and way in ("page", "cli"):
            return name
        if named:
            return self.language.text(NAMED_PROGRAM, name=name)
        return self.language.text(WHO.get(way, way))

    def key_limit_name(self, name: str) -> str:
        """What a limit of an API key is called."""
        return self.language.text(KEY_LIMITS.get(name, name))

    def key_limit(self, name: str, left: int, limit: int) -> str:
        """What is left of it: “Messages in 24 hours: 480 of 500 left”."""
        return self.language.text(
            N_("{name}: {left} of {limit} left"), name=self.key_limit_name(name), left=left, limit=limit
        )

    def inbox_kind(self, kind: str) -> str:
        return self.language.text(INBOX_KINDS.get(kind, kind))

    def detail(self, detail: str) -> str:
        """What a modem or network said: “41 temporary failure” with its words translated, or as it came."""
        numbered = _NUMBERED.fullmatch(detail)
        if numbered is not None:
            return f"{numbered[1]} {self.language.text(numbered[2])}"
        return self.language.text(detail)

    def priority(self, priority: int) -> str:
        return self.language.text(PRIORITIES.get(priority, str(priority)))

    def limit(self, limit: str) -> str:
        """What a limit of a plan is called."""
        return self.language.text(LIMIT_NAMES.get(limit, limit))

    def micros(self, micros: int, currency: str) -> str:
        """Money in millionths of the unit of its currency, to the hundredth."""
        return self.money(f"{micros / 1_000_000:.2f} {currency or 'CNY'}")

    def ago(self, at_ms: int) -> str:
        return ago(at_ms, self.now_ms, self.zone, self.language)

    def clock(self, at_ms: int) -> str:
        return clock(at_ms, self.now_ms, self.zone, self.language)

    def rfc3339(self, at_ms: int) -> str:
        return rfc3339(at_ms) or ""

    def exact(self, at_ms: int) -> str:
        return exact(at_ms, self.zone)

    def _spoken(self, args: Mapping[str, object]) -> dict[str, object]:
        spoken = dict(args)
        if isinstance(spoken.get("state"), str):
            spoken["state"] = self.port_state(str(spoken["state"]))
        if isinstance(spoken.get("states"), str):
            counts = (each.partition(" × ") for each in str(spoken["states"]).split(", "))
            spoken["states"] = self.language.text(", ").join(
                f"{self.port_state(state)} × {count}" for state, _, count in counts
            )
        if isinstance(spoken.get("port"), str):
            # Of several, joined: a SIM may be in more than two places.
            spoken["port"] = ", ".join(short_name(each) for each in str(spoken["port"]).split(", "))
        if isinstance(spoken.get("balance"), str):
            spoken["balance"] = self.money(str(spoken["balance"]))
        if isinstance(spoken.get("who"), str):
            spoken["who"] = self.who(str(spoken["who"]))
        if isinstance(spoken.get("detail"), str):
            spoken["detail"] = self.detail(str(spoken["detail"]))
        return spoken
