"""Operations of the control socket on cards, plugs, calls and USSD; `control.py` says what each takes and gives."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from appliance.modem.simulator.calls import Caller
from appliance.modem.simulator.control_fields import ControlError, Fields
from appliance.modem.simulator.drawer import CardWish
from appliance.modem.simulator.ussd import UssdReply

if TYPE_CHECKING:
    from appliance.modem.simulator.bank import Bank
    from appliance.modem.simulator.modem import Modem

DEFAULT_GAP_MS = 500
CARD_ACTIONS = ("pull", "insert", "swap", "make", "clone")


class HardwareOperations:
    """What hands do to a bank of modems."""

    def __init__(self, bank: "Bank") -> None:
        self._bank = bank
        self.at_once: dict[str, Callable[[Fields], Any]] = {
            "cards": self._cards,
            "card": self._card,
            "unplug": self._unplug,
            "plug": self._plug,
            "call": self._call,
            "ussd": self._ussd,
        }

    def _cards(self, _fields: Fields) -> list[dict[str, Any]]:
        return [self._described(name) for name in self._bank.drawer.cards]

    def _described(self, name: str) -> dict[str, Any]:
        card = self._bank.drawer.card(name)
        return {
            "card": name,
            "modem": self._bank.drawer.place_of(name),
            "iccid": card.iccid,
            "imsi": card.imsi,
            "msisdn": card.msisdn,
            "operator": card.carrier.long_name,
            "sim": card.pin_state.value,
            "messages": card.memory.used,
        }

    def _card(self, fields: Fields) -> dict[str, Any]:
        action = fields.text("action")
        drawer = self._bank.drawer
        name = fields.text("card") if fields.has("card") else None
        match action:
            case "make":
                name = drawer.make(name, _wish(fields))
            case "clone":
                name = drawer.clone(fields.text("of"), name)
            case "pull":
                name = drawer.pull(modem_of(self._bank, fields))
            case "insert":
                name = drawer.insert(modem_of(self._bank, fields), name)
            case "swap":
                name = self._swap(modem_of(self._bank, fields), name, fields)
            case _:
                raise ControlError(f"there is no action {action!r}; there are {', '.join(CARD_ACTIONS)}")
        return self._described(name)

    def _swap(self, modem: "Modem", name: str | None, fields: Fields) -> str:
        drawer = self._bank.drawer
        if name is not None and (place := drawer.place_of(name)):
            raise ControlError(f"{name} is in {place}: pull it first")
        if modem.slot.card is not None:
            drawer.pull(modem)
        name = name or drawer.make()
        gap_s = fields.whole("gap_ms", DEFAULT_GAP_MS) / 1000
        if gap_s:
            modem.timers.call_later(gap_s, drawer.insert, modem, name)
        else:
            drawer.insert(modem, name)
        return name

    def _unplug(self, fields: Fields) -> dict[str, Any]:
        names = _modem_names(self._bank, fields)
        for name in names:
            self._bank.unplug(name)
        if fields.has("return_ms"):
            delay_s = fields.whole("return_ms") / 1000
            for name in names:
                self._bank.loop.call_later(delay_s, self._bank.plug, name, None)
        return {"modems": names}

    def _plug(self, fields: Fields) -> dict[str, Any]:
        names = _modem_names(self._bank, fields)
        port = fields.text("port") if fields.has("port") else None
        if port is not None and (len(names) != 1 or "/" in port or port.startswith(".")):
            raise ControlError("port must be a plain file name, for one modem")
        return {"ports": {name: str(self._bank.plug(name, port)) for name in names}}

    def _call(self, fields: Fields) -> dict[str, Any]:
        modem = modem_of(self._bank, fields)
        if fields.flag("end", default=False):
            modem.calls.give_up()
        elif not modem.is_registered:
            raise ControlError(f"{modem.name} is not on the network")
        else:
            number = fields.text("from") if fields.has("from") else None
            rings = fields.whole("rings", 5, lowest=1)
            modem.calls.ring(Caller(number, rings, fields.whole("every_ms", 3000, lowest=1) / 1000))
        return {"modem": modem.name, "ringing": modem.calls.is_ringing, "hung_up": modem.calls.hung_up}

    def _ussd(self, fields: Fields) -> dict[str, Any]:
        code, carrier = fields.text("code"), fields.text("carrier", "")
        reply = None
        if not fields.flag("forget", default=False):
            never = fields.flag("never", default=False)
            delay_s = None if never else fields.whole("delay_ms", 500) / 1000
            reply = UssdReply(fields.text("text", ""), fields.whole("status", 0), delay_s)
        self._bank.network.ussd.answer(code, reply, plmn=carrier)
        return {"code": code, "carrier": carrier}


def modem_of(bank: "Bank", fields: Fields) -> "Modem":
    """The modem that a request names. ControlError when there is none."""
    modem = bank.modems.get(fields.text("modem"))
    if modem is None:
        raise ControlError(f"there is no modem {fields.text('modem')!r}; there are {', '.join(bank.modems)}")
    return modem


def _modem_names(bank: "Bank", fields: Fields) -> list[str]:
    if fields.has("modems"):
        names = fields.texts("modems")
        for name in names:
            modem_of(bank, Fields({"modem": name}))
        return names
    return [modem_of(bank, fields).name]


def _wish(fields: Fields) -> CardWish:
    wishes = {
        name: fields.text(name) for name in ("iccid", "imsi", "msisdn", "pin", "smsc") if fields.has(name)
    }
    return CardWish(**wishes)
