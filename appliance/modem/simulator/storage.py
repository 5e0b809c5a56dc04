"""Message memories of a modem or SIM (27.005 clause 3.2.3): numbered places with a PDU each."""

from dataclasses import dataclass, replace
from enum import IntEnum


class MessageStatus(IntEnum):
    """<stat> in PDU mode (27.005 clause 3.1)."""

    RECEIVED_UNREAD = 0
    RECEIVED_READ = 1
    STORED_UNSENT = 2
    STORED_SENT = 3


STATUS_TEXT: dict[MessageStatus, str] = {
    MessageStatus.RECEIVED_UNREAD: "REC UNREAD",
    MessageStatus.RECEIVED_READ: "REC READ",
    MessageStatus.STORED_UNSENT: "STO UNSENT",
    MessageStatus.STORED_SENT: "STO SENT",
}


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What one place holds: the SMSC address field as it goes on the line, and the TPDU."""

    status: MessageStatus
    smsc_field: bytes
    tpdu: bytes

    @property
    def is_incoming(self) -> bool:
        """Whether it came from the network (DELIVER or STATUS-REPORT)."""
        return self.status in (MessageStatus.RECEIVED_UNREAD, MessageStatus.RECEIVED_READ)


class Memory:
    """Places `first_index` … `first_index + capacity - 1`; the lowest free one is used first, as SIM cards do."""

    def __init__(self, capacity: int, first_index: int = 1) -> None:
        self.capacity = capacity
        self.first_index = first_index
        self._places: dict[int, StoredMessage] = {}
        self._lowest_free = first_index

    @property
    def used(self) -> int:
        """Number of places taken."""
        return len(self._places)

    @property
    def is_full(self) -> bool:
        """No place is free."""
        return len(self._places) >= self.capacity

    def in_range(self, index: int) -> bool:
        """Whether there is such a place, free or not."""
        return self.first_index <= index < self.first_index + self.capacity

    def put(self, message: StoredMessage) -> int | None:
        """Stores; the index, or None when full."""
        if self.is_full:
            return None
        index = self._lowest_free
        while index in self._places:
            index += 1
        self._places[index] = message
        self._lowest_free = index + 1
        return index

    def get(self, index: int) -> StoredMessage | None:
        """The message at `index`."""
        return self._places.get(index)

    def delete(self, index: int) -> bool:
        """Frees the place; whether anything stood there."""
        if self._places.pop(index, None) is None:
            return False
        self._lowest_free = min(self._lowest_free, index)
        return True

    def mark(self, index: int, status: MessageStatus) -> None:
        """Changes the status of what stands at `index`."""
        message = self._places.get(index)
        if message is not None and message.status is not status:
            self._places[index] = replace(message, status=status)

    def mark_sent(self, index: int, tp_mr: int) -> None:
        """What stands at `index` was sent under this reference, which the stored TPDU has then (31.102, EF-SMS)."""
        message = self._places.get(index)
        if message is not None:
            tpdu = b"%c%c%b" % (message.tpdu[0], tp_mr, message.tpdu[2:])
            self._places[index] = replace(message, status=MessageStatus.STORED_SENT, tpdu=tpdu)

    def items(self) -> list[tuple[int, StoredMessage]]:
        """All messages by index."""
        return sorted(self._places.items())


class JoinedMemory:
    """Memory "MT": the modem's own places and, after them, the card's (27.005 clause 3.2.3), under one numbering."""

    def __init__(self, first: Memory, second: Memory) -> None:
        self._first = first
        self._second = second
        self.first_index = first.first_index
        self._border = first.first_index + first.capacity
        self._shift = self._border - second.first_index

    @property
    def capacity(self) -> int:
        """Places of both."""
        return self._first.capacity + self._second.capacity

    @property
    def used(self) -> int:
        """Number of places taken."""
        return self._first.used + self._second.used

    @property
    def is_full(self) -> bool:
        """No place is free in either."""
        return self._first.is_full and self._second.is_full

    def in_range(self, index: int) -> bool:
        """Whether there is such a place, free or not."""
        return self.first_index <= index < self.first_index + self.capacity

    def put(self, message: StoredMessage) -> int | None:
        """Stores in the first that has room."""
        index = self._first.put(message)
        if index is not None:
            return index
        index = self._second.put(message)
        return None if index is None else index + self._shift

    def get(self, index: int) -> StoredMessage | None:
        """The message at `index`."""
        memory, own = self._place(index)
        return memory.get(own)

    def delete(self, index: int) -> bool:
        """Frees the place; whether anything stood there."""
        memory, own = self._place(index)
        return memory.delete(own)

    def mark(self, index: int, status: MessageStatus) -> None:
        """Changes the status of what stands at `index`."""
        memory, own = self._place(index)
        memory.mark(own, status)

    def mark_sent(self, index: int, tp_mr: int) -> None:
        """What stands at `index` was sent under this reference."""
        memory, own = self._place(index)
        memory.mark_sent(own, tp_mr)

    def items(self) -> list[tuple[int, StoredMessage]]:
        """All messages by index."""
        shifted = [(index + self._shift, message) for index, message in self._second.items()]
        return self._first.items() + shifted

    def _place(self, index: int) -> tuple[Memory, int]:
        if index < self._border:
            return self._first, index
        return self._second, index - self._shift


MessageMemory = Memory | JoinedMemory
