"""Every state of a place for a modem, and the one error that says why a modem is not ready.

What a state means to a person is in :mod:`appliance.sentences` under ``port.<value>``; the arguments
of a :class:`LineError` fill that sentence.
"""

from __future__ import annotations

from enum import StrEnum


class PortState(StrEnum):
    """What is the matter with a port, its modem and its SIM. Exactly one holds at any time."""

    ABSENT = "absent"
    """No device is at the path (ENOENT), or what is there is no working serial line."""
    NO_PERMISSION = "no-permission"
    """The device is there and this user may not open it (EACCES)."""
    IN_USE = "in-use"
    """Another program holds the device (EBUSY, or its lock)."""
    OPENING = "opening"
    PROBING = "probing"
    """Open; asking whether a modem answers, and which."""
    NO_ANSWER = "no-answer"
    """Nothing answers ``AT``: no modem, not powered, or hung."""
    GARBLED = "garbled"
    """Something answers, but not in a way that can be read: wrong speed, or no modem."""
    NO_MODEM = "no-modem"
    """Something answers ``AT``, but nothing that only a modem has."""
    NO_SIM = "no-sim"
    PIN_REQUIRED = "pin-required"
    """The SIM asks for a PIN and none is known for it."""
    WRONG_PIN = "wrong-pin"
    """The PIN that was given was refused; it is not tried again."""
    PIN_NOT_TRIED = "pin-not-tried"
    """A PIN is known, and too few tries are left (or it is not known how many) to try it without a person."""
    PUK_REQUIRED = "puk-required"
    SIM_FAILURE = "sim-failure"
    """The card is there and can't be read or used (failure, wrong card, locked to another network)."""
    SIM_BUSY = "sim-busy"
    """The card is still starting after power-up or PIN; passes by itself."""
    NO_PDU_MODE = "no-pdu-mode"
    """The modem refuses ``AT+CMGF=0``."""
    NO_SMSC = "no-smsc"
    """No service centre number is stored: nothing can be sent."""
    REGISTERING = "registering"
    """Looking for a network."""
    REGISTRATION_DENIED = "registration-denied"
    NO_NETWORK = "no-network"
    """Not registered within the time limit."""
    READY = "ready"
    LINE_LOST = "line-lost"
    """The device vanished while it was in use (unplugged, reset, re-enumerated)."""
    QUARANTINED = "quarantined"
    """Nothing helped, and nothing more is tried until a person says so or the device comes anew."""


class LineError(Exception):
    """A line could not be opened, brought up or used, and why, as a state with arguments for its sentence.

    ``args_for_person`` holds short facts (``device``, ``detail``, ``tries_left`` …), never a text or a key.
    """

    def __init__(self, state: PortState, **args_for_person: str) -> None:
        super().__init__(state, args_for_person)
        self.state = state
        self.args_for_person: dict[str, str] = args_for_person

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.args_for_person.items())
        return f"{self.state}: {facts}" if facts else str(self.state)
