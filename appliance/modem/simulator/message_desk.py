"""The short messages of one modem: memories, settings of 27.005, and what becomes of a message that the network brings.

Routing (27.005 clause 3.4.1): <mt> and <ds> say whether a message is stored, indicated (+CMTI, +CDSI) or handed over
(+CMT, +CDS); <mode> says what becomes of the unsolicited line while the terminal's line is reserved. In phase 2+
service (+CSMS=1) a message that was handed over must be acknowledged with +CNMA, or routing is turned off and the
network keeps the message.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.modem.simulator.charset import TeCharset
from appliance.modem.simulator.clock import Cancellable, Timers
from appliance.modem.simulator.profile import Profile
from appliance.modem.simulator.service_centre import MobileTerminated, Receipt
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.storage import (
    JoinedMemory,
    Memory,
    MessageMemory,
    MessageStatus,
    StoredMessage,
)
from appliance.modem.simulator.text_mode import TextModeSettings, cds_line, cmt_line, smsc_field

ACKNOWLEDGE_WITHIN_S = 15.0
MOST_BUFFERED = 40
ROUTED, DISCARDED = "routed", "discarded"


@dataclass(slots=True)
class MessageSettings:
    """What 27.005 lets the terminal set. Lost at +CFUN=1,1 and ATZ, as most makes have it."""

    pdu_mode: bool = True
    phase_2_plus: bool = False
    mode: int = 0
    deliver: int = 0
    broadcast: int = 0
    reports: int = 0
    buffer: int = 0
    more_to_send: int = 0
    last_answer_at: float = 0.0
    charset: TeCharset = TeCharset.IRA
    text: TextModeSettings = field(default_factory=TextModeSettings)


class MessageDesk:
    """Memories and routing of one modem."""

    def __init__(
        self,
        profile: Profile,
        timers: Timers,
        *,
        indicate: Callable[[str, bool], None],
        is_line_reserved: Callable[[], bool],
        settled: Callable[[str | None], None],
    ) -> None:
        self._profile = profile
        self._timers = timers
        self._indicate = indicate
        self._is_line_reserved = is_line_reserved
        self._settled = settled
        own = {name: capacity for name, capacity in profile.capacities.items() if name != "SM"}
        self._own = {
            name: Memory(capacity, profile.first_index.get(name, 1)) for name, capacity in own.items()
        }
        self._sim: SimCard | None = None
        self._told_full = False
        self._buffered: deque[str] = deque(maxlen=MOST_BUFFERED)
        self._acknowledgement: Cancellable | None = None
        self.settings = MessageSettings()
        self.chosen = list(profile.initial_memories)
        self.restore()

    def restore(self) -> None:
        """Settings as after power-up."""
        mode, deliver, broadcast, reports, buffer = self._profile.cnmi.initial
        charset = TeCharset(self._profile.charsets[0])
        self.settings = MessageSettings(
            mode=mode, deliver=deliver, broadcast=broadcast, reports=reports, buffer=buffer, charset=charset
        )
        self.chosen = list(self._profile.initial_memories)
        self._buffered.clear()
        if self._acknowledgement is not None:
            self._give_up_acknowledgement()
            self._settled(None)

    def insert(self, sim: SimCard | None) -> None:
        """The card in the modem is now this one."""
        self._sim = sim

    # Memories

    def memory(self, name: str) -> MessageMemory | None:
        """The memory of that name; None for one that this make (or a modem without card) has not."""
        if name == "SM":
            return None if self._sim is None else self._sim.memory
        if name == "MT":
            own = self._own["ME"]
            return own if self._sim is None else JoinedMemory(own, self._sim.memory)
        return self._own.get(name)

    def chosen_memory(self, place: int) -> MessageMemory | None:
        """<mem1>, <mem2> or <mem3> (place 0, 1, 2)."""
        return self.memory(self.chosen[place])

    def usage(self, name: str) -> tuple[int, int]:
        """Used and total places."""
        memory = self.memory(name)
        return (0, 0) if memory is None else (memory.used, memory.capacity)

    # From the network

    def receive(self, message: MobileTerminated) -> tuple[Receipt, str]:
        """Stores, hands over or refuses; where it went."""
        if message.is_report:
            return self._receive_report(message)
        settings = self.settings
        routed = settings.deliver == 2 or (settings.deliver == 3 and message.message_class == 3)
        if routed and not message.kept_on_sim:
            return self._hand_over(message)
        name = "SM" if message.kept_on_sim else self.chosen[2]
        return self._store(message, name, "+CMTI" if settings.deliver else "")

    def _receive_report(self, message: MobileTerminated) -> tuple[Receipt, str]:
        match self.settings.reports:
            case 1:
                return self._hand_over(message)
            case 2:
                name = "SR" if "SR" in self._own else self.chosen[2]
                return self._store(message, name, "+CDSI")
            case _:
                return Receipt.TAKEN, DISCARDED

    def _store(self, message: MobileTerminated, name: str, indication: str) -> tuple[Receipt, str]:
        memory = self.memory(name)
        if memory is None:
            return Receipt.ABSENT, ""
        index = memory.put(
            StoredMessage(MessageStatus.RECEIVED_UNREAD, smsc_field(message.smsc), message.tpdu)
        )
        if index is None:
            if not self._told_full and (line := self._profile.quirks.memory_full):
                self._indicate(line.format(memory=name), False)
            self._told_full = True
            return Receipt.MEMORY_FULL, ""
        self._told_full = False
        if indication:
            self._announce(f'{indication}: "{name}",{index}')
        return Receipt.TAKEN, f"{name} {index}"

    def _hand_over(self, message: MobileTerminated) -> tuple[Receipt, str]:
        settings = self.settings
        if self._acknowledgement is not None:
            return Receipt.BUSY, ""
        if settings.mode == 1 and self._is_line_reserved():
            return Receipt.BUSY, ""
        stored = StoredMessage(MessageStatus.RECEIVED_UNREAD, smsc_field(message.smsc), message.tpdu)
        show = cds_line if message.is_report else cmt_line
        self._announce(show(stored, settings.text, settings.charset, pdu_mode=settings.pdu_mode))
        if settings.phase_2_plus:
            self._acknowledgement = self._timers.call_later(ACKNOWLEDGE_WITHIN_S, self._not_acknowledged)
            return Receipt.PENDING, ROUTED
        return Receipt.TAKEN, ROUTED

    # Acknowledgement (27.005 clause 3.4.4)

    def acknowledge(self, *, positive: bool) -> bool:
        """+CNMA; False when none is expected."""
        if self._acknowledgement is None:
            return False
        self._give_up_acknowledgement()
        if not positive:
            self._stop_routing()
        self._settled(ROUTED if positive else None)
        return True

    def _not_acknowledged(self) -> None:
        self._acknowledgement = None
        self._stop_routing()
        self._settled(None)

    def _stop_routing(self) -> None:
        self.settings.deliver = 0
        self.settings.reports = 0

    def _give_up_acknowledgement(self) -> None:
        if self._acknowledgement is not None:
            self._acknowledgement.cancel()
            self._acknowledgement = None

    # Unsolicited lines

    def _announce(self, text: str) -> None:
        mode = self.settings.mode
        if mode == 0:
            self._buffered.append(text)
        elif mode == 1 and self._is_line_reserved():
            return
        else:
            self._indicate(text, mode != 2)

    def set_indications(self, mode: int, deliver: int, broadcast: int, reports: int, buffer: int) -> None:
        """+CNMI; what mode 0 has buffered is flushed (<bfr> 0) or cleared (1) when another mode is entered."""
        settings = self.settings
        settings.mode, settings.deliver, settings.broadcast = mode, deliver, broadcast
        settings.reports, settings.buffer = reports, buffer
        if mode == 0:
            return
        waiting = list(self._buffered) if buffer == 0 else []
        self._buffered.clear()
        for text in waiting:
            self._indicate(text, False)
