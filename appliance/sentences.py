"""Every sentence that tells a person what happened, why, and what to do: one table.

The database, the pool and the modems speak in codes with arguments; only the edge (page, API, CLI)
makes words of them. English is written here; the other languages are in ``appliance/web/locale``.
No sentence is built by joining pieces: where the words differ, there are two codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo

SENTENCES: dict[str, str] = {
    # -- port.<PortState>: what is the matter with a place on the hub, what the box does, what you can do ------
    # {device} is the path of the line; {detail} what the modem or the system said.
    "port.absent": "There is no working device at {device} ({detail}). The box looks again by itself. Plug "
    "the modem in, or check its cable and the power of the hub.",
    "port.no-permission": "The box may not open {device} ({detail}). It tries again by itself. Add its user "
    "to the group that owns the device, usually dialout.",
    "port.in-use": "Another program holds {device} ({detail}). The box tries again by itself. Stop that "
    "program; often it is ModemManager.",
    "port.opening": "The box is opening the line to this modem.",
    "port.probing": "The box is asking what is connected here. This takes a few seconds.",
    "port.no-answer": "Nothing answers at {device} ({detail}). The box asks again by itself. Check that the "
    "modem has power; if it has, unplug it and plug it in again.",
    "port.garbled": "What comes from {device} can't be read ({detail}). The box tries again by itself. It may "
    "be a modem at another speed, or no modem at all: check the speed in the settings, or take this port out "
    "of them.",
    "port.no-modem": "What is at {device} answers, but not as a modem does ({detail}). The box looks again by "
    "itself. If it is no modem, take this port out of the settings; if it is one, unplug it and plug it in again.",
    "port.no-sim": "The modem finds no SIM ({detail}). The box looks again by itself. Put a SIM in, or take "
    "it out, wipe its contacts and put it in again.",
    "port.pin-required": "The SIM asks for its PIN (tries left: {tries_left}). The box waits and guesses "
    "nothing. Enter it on the page of this SIM, or switch the PIN off in a phone.",
    "port.wrong-pin": "The PIN that was entered was not accepted (tries left: {tries_left}; {detail}). The "
    "box does not try it again, so that the SIM is not blocked. Check the PIN and enter it anew.",
    "port.pin-not-tried": "The SIM asks for its PIN (tries left: {tries_left}). The box tries no PIN where it may be "
    "the last try. Enter the PIN once in a phone and switch it off there, or enter it here to have it tried.",
    "port.puk-required": "The SIM is blocked after wrong PINs and asks for its PUK ({detail}). The box never "
    "tries a PUK. Unblock the SIM in a phone; the carrier tells the PUK.",
    "port.sim-failure": "The SIM can't be used in this modem ({detail}). The box tries again by itself. Try "
    "the SIM in a phone; if it works there, the modem is locked to a network or its SIM holder is broken.",
    "port.sim-busy": "The SIM is still starting. The box waits; this may take half a minute. If it stays so, "
    "take the SIM out and put it in again.",
    "port.no-pdu-mode": "This modem does not know the way in which the box sends messages, PDU mode "
    "({detail}). The box can't use it. Put another modem here.",
    "port.no-smsc": "The SIM holds no number of a message centre, so it can't send ({detail}). The box looks "
    "again by itself. Enter the number in a phone; the carrier tells it.",
    "port.registering": "The modem is looking for a network. The box waits, for up to a minute.",
    "port.registration-denied": "The network does not accept this SIM ({detail}). The box tries again by "
    "itself. Check with the carrier that the SIM is active and paid, and that it is allowed in this place.",
    "port.no-network": "The modem finds no network that takes this SIM ({detail}). The box tries again by "
    "itself. Check the antenna and the signal, and whether the SIM works in a phone here.",
    "port.ready": "Ready to send and receive.",
    "port.line-lost": "The modem vanished while it was in use. The box opens it again as soon as it is back. "
    "If this happens often, check the cable and the power of the hub.",
    "port.quarantined": "The box has tried everything on this modem and leaves it alone now ({detail}). Unplug it "
    "and plug it in again, or try another modem or cable here; then the box begins anew.",
    "port.quarantined.mute": "The modem at {device} has answered nothing since {since} ({detail}), and what the "
    "box can do by itself did not help: {tried}. It is left alone and tried once more at {until}. Unplug it and "
    "plug it in again, or put another one here: then the box tries at once. Or release this place.",
    "port.quarantined.garbled": "Since {since} what comes from {device} can't be read ({detail}), and what the "
    "box can do by itself did not help: {tried}. It is left alone and tried once more at {until}. Put another "
    "modem here: then the box tries at once. If this is no modem, take the place out of the settings.",
    "port.quarantined.failing": "The modem at {device} answers, but since {since} it fails at what it is asked "
    "({detail}), and what the box can do by itself did not help: {tried}. It is left alone and tried once more "
    "at {until}. Put another modem here: then the box tries at once. Or release this place.",
    "port.quarantined.flapping": "The modem at {device} vanished {times} times since {since}. It is left alone, "
    "so that no message is lost in it, and tried once more at {until}. Check its plug, its cable and the power "
    "of the hub, or put another modem here; then release this place.",
    "port.storage-full": "The memory for messages in {device} is full, so the network holds new ones back. The "
    "box empties it now. If this stays, the modem does not delete: put the SIM into another one.",
    "port.roams": "The SIM is in a foreign network ({operator}). It receives, and the box sends nothing with it, "
    'because that may cost many times as much. To send from there all the same, set roaming = "send" in the '
    "settings.",
    # -- error.<Blame> and error.*: how a submission to the network failed; {detail} is what the network said ---
    "error.message": "The network refused this message for good ({detail}). No other SIM would do better, so "
    "it is not tried again. Check the number and the text.",
    "error.sim": "This SIM can't send now ({detail}). The box tries another SIM. If this SIM is refused "
    "often, ask its carrier whether it is blocked or has no credit.",
    "error.network": "The network could not take the message now ({detail}). The box tries again later.",
    "error.modem": "The modem could not send the message ({detail}). The box tries again. If this modem fails "
    "often, unplug it and plug it in again.",
    "error.uncertain": "It is not known whether the network took the message ({detail}). The box does not "
    "send it again by itself, because it might arrive twice. Its delivery report settles it, or you do.",
    "error.no-prompt": "The modem did not ask for the message in time, so nothing was sent. The box tries "
    "again.",
    "error.mute": "The modem did not answer, so nothing was sent. The box tries again.",
    "error.restarted": "The modem has restarted by itself, so nothing was sent. The box sets it up again and "
    "tries again.",
    "error.line-lost-before": "The modem vanished before the message was given to it, so nothing was sent. "
    "The box tries again.",
    "error.line-lost-after": "The modem vanished after the message was given to it: it may or may not have "
    "been sent. The box does not send it again by itself. Its delivery report settles it, or you do.",
    "error.no-final": "The modem never said whether the network took the message: it may or may not have been "
    "sent. The box does not send it again by itself. A late answer or its delivery report settles it, or you "
    "do.",
    "error.no-ok": "The network gave the message a number, but the modem did not finish its answer: most "
    "likely it was sent. The box does not send it again by itself. Its delivery report settles it, or you do.",
    "error.no-unicode": "This modem takes nothing but plain Latin letters, digits and signs. Nothing was sent; "
    "the box tries again, with another SIM where one is ready.",
    "error.no-reference": "The modem said that the message was sent, but not under which number, so its "
    "delivery report can't be told from others by that alone. The box does not send it again by itself.",
    "error.not-written": "The modem did not write the message into the card's memory, from where it is sent, so "
    "nothing was sent. The box tries again.",
    "error.wrong-form": "The message was made for a modem of another kind, so nothing was sent. The box tries again.",
    # -- ussd.*: why a query by a code such as *100# has no answer; console.*: why a command is not given -----------
    "ussd.no-code": "This is no code that can be asked. It has digits, * and #, as in *100#.",
    "ussd.no-answer": "The network gave no answer within {seconds} seconds. Try again later; if it never "
    "answers, this carrier has no such code.",
    "ussd.ended": "The network ended the query without an answer. Check the code with the carrier.",
    "ussd.taken": "Another program or phone took the answer. Ask again.",
    "ussd.not-supported": "The network does not know such queries for this SIM. Ask the carrier by message instead.",
    "ussd.network-timeout": "The network took too long over the query. Try again later.",
    "ussd.empty": "The network answered without a text. Check the code with the carrier.",
    "ussd.refused": "The modem can't ask the network by a code now ({detail}). Try again later, or with another "
    "modem.",
    "console.shape": "This is no command for a modem. It begins with AT and is one line of at most 200 plain "
    "letters.",
    "console.sends": "The box does not give this command: it sends, dials or costs something past the limits. Send "
    "messages and codes by the ways of the box.",
    "console.loses": "The box does not give this command: it can delete messages that are not stored yet.",
    "console.unlocks": "The box does not give this command: it may use up the tries of the SIM's PIN or write to the "
    "SIM. Enter a PIN in its own place.",
    "console.keeps": "The box does not give this command: it changes what the modem keeps for good.",
    "console.driver": "The box does not give this command: it would change how the box itself speaks with the modem.",
    "console.profile": "The profile of this modem forbids this command: {why}",
    "profile.mistake": "The profile {file} has a mistake in line {line} ({field}): {mistake}. Its last good version "
    "stays in force. Mend it; “simloft profile check” says whether it is good.",
    # -- message.*: why an outgoing message is where it is ----------------------------------------------------
    "message.queued": "Accepted. It waits for a SIM that is free.",
    "message.held.clock-deadline": "The box does not know for certain what time it is, and by the clock of the system "
    "this message is past its deadline. It waits until the clock is confirmed on the wall, or set right.",
    "message.held.clock-schedule": "The box does not know for certain what time it is, and by the clock of the system "
    "the time of this message is yet to come. It waits until the clock is confirmed on the wall, or set right.",
    "message.scheduled": "Scheduled for {until}. No SIM takes it before.",
    "message.next": "It is next: a SIM takes it in a moment.",
    "message.waits-its-turn": "It waits its turn. Messages before it: {ahead}.",
    "message.many-before-it": "It waits its turn. More than {ahead} messages are before it.",
    "message.no-sim": "There is no SIM in the box. It goes as soon as one is put in.",
    "message.modems-starting": "The modems are still starting. It goes as soon as one of them is ready.",
    "message.pool-stopped": "The program that owns the modems is stopped. It goes when that runs again: start the box.",
    "message.sandbox-stopped": "The simulated network of the sandbox starts within a few seconds after its first key "
    "is made, where the box was started by “simloft run”. The message goes then.",
    "message.no-sim-ready": "No SIM is ready to send ({states}). The page of the modems says what each one needs.",
    "message.refused-by-ready-sims": "The SIMs that are ready were refused it. It waits for another one, and tries "
    "these again if none comes.",
    "message.its-sim-is-gone": "Some of its parts went through a SIM that is not in the box any more, and only that "
    "one may send the rest. Put it back, or cancel the message.",
    "message.its-sim-is-not-ready": "Some of its parts went through {sim}, and only that SIM may send the rest. "
    "It is not ready ({state}).",
    "message.other-sim-goes-on": "Some of its parts went through another SIM, and only that one may send the rest.",
    "message.sim-was-refused": "{sim} was refused it, so another SIM tries.",
    "message.too-many-parts": "It has {parts} parts, and the plan of every SIM allows {most} at most in one of its "
    "windows. It can't go until a plan allows more; raise one, or cancel the message and send a shorter one.",
    "message.all-pauses": "Every SIM failed several times in a row and pauses. The first tries again at {until}.",
    "message.all-held": "Every SIM is at a limit of its plan or resting. The first may send again at {until}.",
    "message.all-low-balance": "Every SIM that is ready has too little on it, so none sends. Top them up, then "
    "have the box ask for their balances again.",
    "message.all-resting": "Every SIM is resting. The first may send again at {until}.",
    "message.all-at-limit.gap": "Every SIM keeps the least time between two sends. The first may go on at {until}.",
    "message.all-at-limit.minute": "Every SIM is at its limit for a minute. The first may send again at {until}.",
    "message.all-at-limit.hour": "Every SIM is at its limit for an hour. The first may send again at {until}.",
    "message.all-at-limit.day": "Every SIM is at its limit for a day. The first may send again at {until}.",
    "message.all-at-limit.month": "Every SIM is at its limit for the billing month. The first may send again at "
    "{until}.",
    "message.all-at-limit.warm-up": "Every SIM is new and still warmed up: it may send only so much a day. The first "
    "may send again at {until}.",
    "message.all-at-limit.recipients": "Every SIM has written to as many different recipients as it may in its "
    "billing month. The first may write to a new one at {until}.",
    "message.all-at-limit.per-recipient": "Every SIM has sent this recipient as much as it may in a day. The first "
    "may write to him again at {until}.",
    "message.all-at-limit.sending-hours": "It is outside of the sending hours of every SIM. The first may send again "
    "at {until}.",
    "message.all-keeps-reserve": "Every SIM keeps what is left of a limit for more urgent messages. The first may "
    "send this one at {until}.",
    "message.left-to-its-sim": "It waits for {sim}, which writes with this recipient. If that SIM has not begun by "
    "{until}, any SIM takes it.",
    "message.left-to-cheaper": "It waits for {sim}, which is cheaper. If that SIM has not begun by {until}, a dearer "
    "one takes it.",
    "message.again.network": "The network did not take it from {sim} now ({detail}). It is tried again at {until}.",
    "message.again.sim": "{sim} was refused it ({detail}), and no other SIM can take it. It is tried again at "
    "{until}.",
    "message.again.sim-elsewhere": "{sim} was refused it ({detail}). Another SIM tries next.",
    "message.again.modem": "The modem of {sim} could not send it ({detail}). It is tried again at {until}.",
    "message.again.modem-elsewhere": "The modem of {sim} could not send it ({detail}). Another SIM may take it now.",
    "message.again.shutdown": "The box was stopped before it was sent. It goes on after the start.",
    "message.again.resend": "It is not known whether {sim} sent it, and no report came. It is sent again, as its "
    "sender asked for; the recipient may get it twice.",
    "message.continues": "Some of its parts were sent through {sim}, which sends the rest next.",
    "message.sending": "{sim} is sending it.",
    "message.sending-part": "{sim} is sending part {part} of {parts}.",
    "message.sent": "The network took it from {sim}. The delivery report is awaited.",
    "message.sent-without-report": "The network took it from {sim}. No delivery report was asked for.",
    "message.still-trying": "The network took it and still tries to deliver it (status {status}).",
    "message.delivered": "Delivered to the recipient's phone.",
    "message.delivered-unconfirmed": "The network passed it on, and can't tell whether the phone got it.",
    "message.undelivered.failed": "The network can't deliver it (status {status}). Check the number; nothing more "
    "is tried.",
    "message.undelivered.expired": "The network could not reach the phone before the message expired. Nothing more "
    "is tried.",
    "message.undelivered.given-up": "The network gave up delivering it for now (status {status}). Nothing more is "
    "tried; send it again later.",
    "message.uncertain": "{sim} gave it to the modem and got no answer ({detail}), so it may or may not have been "
    "sent. A late answer or the delivery report settles it; it is not sent again, so that nobody gets it twice.",
    "message.uncertain-after-restart": "The box stopped while {sim} was sending it, so it may or may not have been "
    "sent. The delivery report settles it; it is not sent again, so that nobody gets it twice.",
    "message.uncertain-resend": "{sim} gave it to the modem and got no answer, so it may or may not have been sent. "
    "Without a report until {until} it is sent again, as its sender asked for.",
    "message.uncertain-not-resent": "It may or may not have been sent by an earlier try, and trying again failed "
    "({detail}). The delivery report may still settle it.",
    "message.uncertain-time-over": "It may or may not have been sent, and its time is over, so it is not sent again. "
    "The delivery report may still settle it.",
    "message.sent-twice": "It was sent again, as nobody could say whether it had been sent; now it is known that the "
    "earlier try went too. The recipient may have got it twice.",
    "message.memory-says-sent": "Nobody had heard whether {sim} sent it; the memory of its card says that it did.",
    "message.memory-says-not-sent": "Nobody had heard whether {sim} sent it; the memory of its card says that it did "
    "not. It goes back into the queue.",
    "message.failed.refused": "It can't be sent to this recipient ({detail}, said to {sim}). Check the number.",
    "message.failed.number": "It was refused for this number again ({detail}, said to {sim} last), while other "
    "numbers were taken. Check the number; it may take no messages from such SIMs.",
    "message.failed.attempts": "It was tried {attempts} times and never taken; {sim} was told {detail} at last. "
    "Nothing more is tried.",
    "message.failed.partly": "Only {parts_sent} of its {parts} parts were sent; {sim} was told {detail} at last. "
    "Nothing more is tried; the recipient may see a part of it.",
    "message.cdma-abroad": "This number is abroad. The SIMs that are ready are in CDMA networks, which reach "
    "numbers of their own country only. The message waits for another SIM; put one in, or cancel it.",
    "message.cdma-text": "The SIMs that are ready are in CDMA networks, which can't send this message "
    "({detail}). It waits for another SIM; put one in, or cancel it.",
    "message.cdma-too-many-parts": "The SIMs that are ready are in CDMA networks, which join no messages: this "
    "one would be {parts} of them, and the box allows {limit}. It waits for another SIM; put one in, or cancel "
    "it and write less.",
    "message.begun-otherwise": "An earlier try of this message was, or may have been, split in another way than "
    "this SIM's modem can go on with. It waits for the SIM in a modem like the one before; put it back, or cancel "
    "the message.",
    "message.failed.encoding": "It can't be made into an SMS ({detail}). Nothing was sent.",
    "message.cancelled": "Taken back before a SIM took it. Nothing was sent.",
    "message.cancelled-partly": "Taken back after some of its parts were sent; the recipient may see a part of it.",
    "message.cancelled-uncertain": "Taken back. An earlier try may or may not have sent it; nothing more is tried.",
    "message.cancelled-sent": "Taken back, but an earlier try had sent it already, as was found out later.",
    "message.resend-by-person": "A person decided to send it again, as nobody could say whether it was sent. It "
    "waits for a SIM that is free.",
    "message.resend-soon": "A person decided to send it again, as nobody could say whether it was sent. "
    "It goes at {until}; until then that can be taken back.",
    "message.uncertain-again": "It may or may not have been sent. A person decided about it and took "
    "that back. A late answer or the delivery report may still settle it.",
    "message.continues-by-person": "A person said that the unclear part was sent. The rest goes next.",
    "message.marked-sent": "A person marked it as sent.",
    "message.expired": "Its time ended before a SIM could send it. Nothing was sent.",
    "message.expired-uncertain": "Its time ended before it could be sent again. An earlier try may or may not have "
    "sent it; nothing more is tried.",
    "message.expired-partly": "Its time ended after a part of it was sent, as was found out later; the recipient may "
    "see that part.",
    "message.expired-sent": "Its time ended, but an earlier try had sent it already, as was found out later.",
    # -- sim.*: why a SIM is not used -------------------------------------------------------------------------
    "sim.not-ready": "{sim} is not ready ({state}).",
    "sim.resting": "{sim} rests until {until}.",
    "sim.rests-after-refusals": "{sim} was refused messages to {failures} recipients in a row ({detail}): its "
    "carrier may have blocked it, or it has no credit. It rests until {until} and then tries one message.",
    "sim.rests-network": "The network took nothing from {sim} for {recipients} numbers in a row ({detail}), while it "
    "takes messages of other SIMs: the carrier may have blocked it. It rests until {until} and then tries one message.",
    "sim.rests-malformed": "{sim} was told of {recipients} messages in a row that something is wrong with them "
    "({detail}), while other SIMs can send: check its service centre. It rests until {until} and then tries one "
    "message.",
    "sim.rests-silent": "Of the last {failures} message parts of {sim}, to {recipients} numbers, none was delivered; "
    "before that {percent} % were. Its carrier may have blocked it without a word. It rests until {until} and then "
    "tries one message; if you know that it is well, let it go on here.",
    "sim.rests-for-report": "{sim} tried one message after its rest, and waits until {until} for the report that it "
    "was delivered.",
    "sim.quarantined": "{sim} did not come back after {rests} rests ({detail}): it seems to be blocked for good. Ask "
    "its carrier or replace it. At {until} it tries one message by itself; let it go on here to try now.",
    "sim.low-balance": "{sim} has only {balance} left since {since}, so it sends nothing. Top it up, then have "
    "the box ask for its balance again on its page or with “simloft balance --ask”.",
    "sim.at-limit.gap": "{sim} keeps the least time between two sends; it may go on at {until}.",
    "sim.at-limit.minute": "{sim} is at its limit for a minute; it may send again at {until}.",
    "sim.at-limit.hour": "{sim} is at its limit for an hour; it may send again at {until}.",
    "sim.at-limit.day": "{sim} is at its limit for a day; it may send again at {until}.",
    "sim.at-limit.month": "{sim} is at its limit for the billing month; it may send again at {until}.",
    "sim.at-limit.warm-up": "{sim} is new and still warmed up: it may send only so much a day; it may send again at "
    "{until}.",
    "sim.at-limit.recipients": "{sim} has written to as many different recipients as it may in its billing month; it "
    "may write to a new one at {until}.",
    "sim.at-limit.per-recipient": "{sim} has sent this recipient as much as it may in a day; it may write to him "
    "again at {until}.",
    "sim.at-limit.sending-hours": "It is outside of the sending hours of {sim}; it may send again at {until}.",
    "sim.keeps-reserve": "{sim} keeps what is left of a limit for more urgent messages; this one may go at {until}.",
    "group.at-limit.minute": "The SIMs of {group} are together at their limit for a minute; they may send again at "
    "{until}.",
    "group.at-limit.hour": "The SIMs of {group} are together at their limit for an hour; they may send again at "
    "{until}.",
    "group.at-limit.day": "The SIMs of {group} are together at their limit for a day; they may send again at {until}.",
    "group.at-limit.month": "The SIMs of {group} are together at their limit for the billing month; they may send "
    "again at {until}.",
    "group.at-limit.recipients": "The SIMs of {group} have together written to as many different recipients as they "
    "may in the billing month; they may write to a new one at {until}.",
    "group.keeps-reserve": "The SIMs of {group} keep what is left of a limit of theirs for more urgent messages; this "
    "one may go at {until}.",
    "sim.clone": "This SIM is in {port} too, and only that one sends with it. Check the two cards.",
    "sim.clone-sends": "This SIM is in {port} too. Only this place sends with it, so nothing is sent twice. "
    "Check the two cards.",
    "sim.memory-full": "The memory of the modem with {sim} is full. The box empties it first, then it sends again.",
    "sim.roams": "{sim} is in a foreign network ({operator}), where sending may cost many times as much, so the "
    'box waits until it is back. To send from there all the same, set roaming = "send" in the settings.',
    "sim.pauses": "{sim} failed {failures} times in a row ({detail}), so it pauses. It tries again at {until}.",
    "sim.nameless": "Neither the card's number nor the subscriber's could be read, so this SIM is known by "
    "its port only.",
    # -- alarm.*: what on the wall needs a person, and what to do; the places stand beside it ------------------
    "alarm.clone": "Only one of these places sends with the SIM, so nothing is sent twice. Look at the cards: "
    "take the copy out, and ask the carrier for a new card if you did not make one.",
    "alarm.puk": "Too many wrong PINs were tried. The box never tries a PUK. Put the card into a phone and enter the "
    "PUK there; the carrier tells it.",
    "alarm.wrong-pin": "The box tried the PIN once and does not try it again, so that the card is not blocked. Check "
    "the PIN and enter it anew.",
    "alarm.pin": "These cards are locked. Open one and enter its PIN once; the box keeps it sealed.",
    "alarm.quarantine": "These modems did not come right after all that the box can do by itself. Unplug them and "
    "plug them in again, or put others there; then release them.",
    "alarm.memory-full": "The memory for messages is full, so the network holds new ones back. The box deletes what "
    "it has stored; if this stays, the modem does not delete: put the card into another one.",
    "alarm.refused": "The carrier refused several messages in a row, so these SIMs rest. Check their credit, and ask "
    "the carrier whether it blocks them.",
    "alarm.low-balance": "These SIMs rest because their credit is nearly used up. Top them up, then ask for the "
    "balance.",
    "alarm.device": "Another program holds the line, or the system does not allow it. Each place says which and what "
    "to do.",
    "alarm.webhook": "These webhooks have taken nothing for an hour or more. Look whether the receiver runs; its page "
    "shows what it answered. What it was not told is kept and tried again for a day.",
    # -- problem.*: why a request was refused (RFC 9457 title and detail) --------------------------------------
    "problem.no-key.title": "No API key",
    "problem.no-key": "Show an API key in the header “Authorization: Bearer …”. The first one is on the box, in the "
    "file first-api-key of its data directory.",
    "problem.wrong-key.title": "Wrong API key",
    "problem.wrong-key": "The box does not know this API key, or it was revoked.",
    "problem.not-logged-in.title": "Not logged in",
    "problem.not-logged-in": "The log-in of this browser has ended. A new link is made on the box with “simloft "
    "login-link”.",
    "problem.too-many-guesses.title": "Too many wrong keys",
    "problem.too-many-guesses": "Too many wrong keys came from this address. Try again in {seconds} seconds.",
    "problem.key-expired.title": "The API key has run out",
    "problem.key-expired": "The time of the key “{key}” is over. Whoever looks after the box can give it another date, "
    "or make a new key.",
    "problem.key-network.title": "Not from this network",
    "problem.key-network": "This API key may not be used from {address}. Whoever looks after the box can add the "
    "network to the key.",
    "problem.missing-scope.title": "The API key may not do this",
    "problem.missing-scope": "For this the key needs the scope “{scope}”. Whoever looks after the box can give it to "
    "the key.",
    "problem.too-many-requests.title": "Too many requests",
    "problem.too-many-requests": "This API key may make {limit} requests in a minute. Try again in {seconds} seconds.",
    "problem.no-sandbox.title": "The sandbox is not running",
    "problem.sandbox-asleep.title": "The sandbox is not running",
    "problem.sandbox-asleep": "Its simulated modems and phones are there only while there is a key of the sandbox, and "
    "a few seconds after the first one is made. Make one in the developer's console, or look again in a moment.",
    "problem.not-in-sandbox.title": "Not in the sandbox",
    "problem.not-in-sandbox": "Accounts, keys, people, certificates and the clock are of the box, and a key of the "
    "sandbox can't see or change them. Use a key that is none of the sandbox.",
    "problem.no-sandbox": "This is a key for the sandbox, and the sandbox is starting or switched off. Nothing was "
    "sent.",
    "problem.role-may-not.title": "You may not do this",
    "problem.role-may-not": "Your role on this box does not include this. These people can do it: {who}.",
    "problem.texts-hidden.title": "Texts and numbers are hidden from you",
    "problem.texts-hidden": "This would show texts or numbers of messages, and your role or API key does not include "
    "reading them. Ask somebody who administers the box.",
    "problem.key-messages-per-minute.title": "The API key has reached its limit of a minute",
    "problem.key-messages-per-minute": "This API key may send {limit} messages within 60 seconds. Nothing was stored; "
    "try again in {seconds} seconds.",
    "problem.key-messages-per-day.title": "The API key has reached its limit of a day",
    "problem.key-messages-per-day": "This API key may send {limit} messages within 24 hours. Nothing was stored; try "
    "again in {hours} h, or have the limit raised.",
    "problem.key-messages-per-minute-at-once": "These are {messages} messages, and the API key may send {limit} "
    "within 60 seconds. Send fewer "
    "with one request.",
    "problem.key-messages-per-day-at-once": "These are {messages} messages, and the API key may send {limit} within 24 "
    "hours. Send fewer with one request, or have the limit raised.",
    "problem.key-allowance.title": "The test allowance of the API key is used up",
    "problem.key-allowance": "This API key was given {limit} messages for tests, of which {left} are left. Nothing was "
    "stored. Whoever looks after the box can give it more.",
    "problem.key-too-many": "There are {most} API keys in use. Revoke those that nobody uses.",
    "problem.key-scopes": "Choose at least one of: {scopes}.",
    "problem.key-networks": "“{network}” is no network. Write 192.168.1.0/24, 2001:db8::/32 or one address.",
    "problem.key-expires-in-the-past": "This instant is over. Choose a later one, or none.",
    "problem.scope-not-yours.title": "More than you may do yourself",
    "problem.scope-not-yours": "Nobody gives a key what he may not do himself: {scopes}. Nothing was changed.",
    "problem.password-length": "A password has {least} to {most} characters. A few words do well.",
    "problem.password-easy": "This is guessed too easily. Take a few words that have nothing to do with your name.",
    "problem.password-again": "The two passwords are not the same.",
    "problem.wrong-password.title": "Name or password is wrong",
    "problem.wrong-password": "Name or password is wrong.",
    "problem.too-many-logins.title": "Too many tries",
    "problem.too-many-logins": "Too many wrong passwords. Try again in {seconds} seconds.",
    "problem.logins-busy.title": "Many are logging in",
    "problem.logins-busy": "Many are logging in at this moment. Try again in {seconds} seconds.",
    "problem.person-too-many": "There are {most} people. Remove those who log in no more.",
    "problem.no-such-person.title": "No such person",
    "problem.no-such-person": "Nobody of this number may log in here. The page “People” lists them.",
    "problem.no-such-key.title": "No such API key",
    "problem.other-site.title": "Not from this page",
    "problem.other-site": "The request did not come from a page of this box, so nothing was done.",
    "problem.login-link-spent.title": "This log-in link is used up",
    "problem.login-link-spent": "A log-in link works once, within 30 minutes. Make a new one on the box with "
    "“simloft login-link”.",
    "problem.https-only.title": "Only over HTTPS",
    "problem.https-only": (
        "This box answers this only over HTTPS, on port {port}. What was sent has gone over the network in the clear: "
        "if there was a key or a password in it, make another one."
    ),
    "problem.no-such-page.title": "There is nothing here",
    "problem.no-such-page": "The box has nothing under this address. Check how it is spelt.",
    "problem.no-such-message.title": "No such message",
    "problem.no-such-message": "The box has no message with this id.",
    "problem.no-such-sim.title": "No such SIM",
    "problem.no-such-sim": "The box has never seen a SIM with this id.",
    "problem.no-such-port.title": "No such place",
    "problem.no-such-port": "The box looks after no place with this id. It may have been unplugged for good: "
    "look at the page of the modems.",
    "problem.no-such-loop-test.title": "No such loop test",
    "problem.no-such-loop-test": "The box made no loop test of this name.",
    "problem.no-such-recording.title": "No such recording",
    "problem.no-such-recording": "The box has no recording of this name any more.",
    "problem.no-such-command.title": "No such command",
    "problem.no-such-command": "The box has no command with this id: its answer was fetched, or it is older than a "
    "quarter of an hour.",
    "problem.console-not-sure": "Tick the box first: a wrong command can lock a modem or a SIM.",
    "problem.wrong-method.title": "Wrong method",
    "problem.wrong-method": "This address answers to: {allowed}.",
    "problem.not-json.title": "Not JSON",
    "problem.not-json": "The body must be JSON in UTF-8, and the header must say so: “Content-Type: "
    "application/json”.",
    "problem.broken-json.title": "Broken JSON",
    "problem.broken-json": "The body is no JSON: look at line {line}, column {column}.",
    "problem.not-utf8.title": "Not UTF-8",
    "problem.not-utf8": "The body is not UTF-8: look at byte {place}. Texts in GBK must be converted first.",
    "problem.duplicate-member.title": "A field is there twice",
    "problem.duplicate-member": "The field “{name}” is there more than once, and nobody can say which one counts.",
    "problem.too-deep.title": "Nested too deeply",
    "problem.too-deep": "The JSON is nested more than {limit} levels deep.",
    "problem.number-out-of-range.title": "A number that is none",
    "problem.number-out-of-range": "The JSON has NaN, Infinity, or a number that is far too long.",
    "problem.no-object.title": "Not an object",
    "problem.no-object": 'The body must be one JSON object, such as {{"to": "13912345678", "text": "…"}}.',
    "problem.body-too-large.title": "Body too large",
    "problem.body-too-large": "The body has more than 64 KiB, or 8 MiB where many messages are sent at once. "
    "Nothing of it was kept.",
    "problem.body-too-slow.title": "Body too slow",
    "problem.body-too-slow": "The body did not arrive within 10 seconds. Nothing of it was kept.",
    "problem.body-cut-short.title": "Body cut short",
    "problem.body-cut-short": "The connection ended in the middle of the body. Nothing of it was kept.",
    "problem.broken-form.title": "Broken form",
    "problem.broken-form": "The form could not be read. Load the page anew and try again.",
    "problem.bad-parameter.title": "A query parameter is wrong",
    "problem.bad-parameter": "What is wrong with it is said under “errors”.",
    "problem.invalid.title": "The request can't be accepted",
    "problem.invalid": "What is wrong with it is said under “errors”, field by field. Nothing was stored.",
    "problem.forecast-over-before-it-begins": "The batch would be given up before it may begin. Choose an instant "
    "after “not before”.",
    "problem.conflict.title": "It does not fit what the box has now",
    "problem.conflict": "What stands against it is said under “errors”. Nothing was stored; where that changes, the "
    "same request may be accepted.",
    "problem.not-possible-now.cancel.title": "Too late to cancel it",
    "problem.not-possible-now.cancel": "Only a message that waits can be cancelled. This one is “{state}”.",
    "problem.not-possible-now.resend.title": "It can't be sent again",
    "problem.not-possible-now.resend": "Only an uncertain message can be sent again. This one is “{state}”.",
    "problem.not-possible-now.mark-sent.title": "It can't be marked as sent",
    "problem.not-possible-now.mark-sent": "Only an uncertain message can be marked as sent. This one is “{state}”.",
    "problem.not-possible-now.undo.title": "It can't be taken back",
    "problem.not-possible-now.undo": "Only a message of which a person just decided that it was sent, or "
    "is to be sent again, can be made uncertain again, and only until more is known. This one is "
    "“{state}”.",
    "problem.smtp-key": "The settings of the box name the key {name} for devices that can't log in, and there is no "
    "such key, or there are several. Set [smtp] key to the name of one API key.",
    "smtp.log-in-first": "Log in: any user name, and an API key of this box as the password.",
    "smtp.too-big": "This mail is too big: the box takes {limit} kB. Send it without pictures.",
    "smtp.too-many-recipients": "One mail is taken for {most} numbers. Send the others with another mail.",
    "smtp.unreadable": "This mail can't be read. Send it as plain text.",
    "smtp.nothing-said": "This mail has no text that could be sent.",
    "problem.disk-full.title": "The disk is full",
    "problem.disk-full": "The disk of the box is full, so nothing could be stored. What was accepted before is safe. "
    "Make room on the box, then send it again.",
    "problem.database-busy.title": "The database is busy",
    "problem.database-busy": "Another program holds the database. Nothing was stored; try again in a few seconds.",
    "problem.database-failed.title": "The database does not work",
    "problem.database-failed": "The database of the box can't be used at the moment. Nothing was stored. “simloft "
    "doctor” on the box says what is the matter.",
    "problem.bank-silent.title": "The simulated handsets don't answer",
    "problem.bank-silent": "The bank of simulated modems does not answer. It may be starting; try again in a moment.",
    "problem.bank-refused.title": "The simulated handsets can't do that",
    "problem.bank-refused": "The bank of simulated modems refused it: {reason}. Nothing was changed.",
    "problem.no-such-handset.title": "No such handset",
    "problem.no-such-handset": "This is no number that a handset could have. Check how it is spelt.",
    "problem.our-fault.title": "A fault of the box",
    "problem.our-fault": "The box made a mistake with this request. Its log says more; please report it.",
    "problem.field-missing": "“{field}” is missing.",
    "problem.field-unknown": "There is no field “{field}”. Check how it is spelt.",
    "problem.field-text": "This must be a text in quotes.",
    "problem.field-list": "This must be a list in square brackets.",
    "problem.field-object": "This must be an object in braces.",
    "problem.field-label": "This must be a text on one line with 1 to {most} characters.",
    "problem.how-many-messages": "Between {least} and {most} messages can be sent with one request.",
    "problem.idempotency-key-reused.title": "The Idempotency-Key was used for another request",
    "problem.idempotency-key-reused": "Within 24 hours this key stands for the request that it was first sent with. "
    "Take a new key for each new request. Nothing was stored.",
    "problem.idempotency-key-form.title": "The Idempotency-Key can't be used",
    "problem.idempotency-key-form": "It has between 1 and 255 characters, all of them printable ASCII.",
    "problem.field-flag": "This must be true or false.",
    "problem.field-whole-number": "This must be a whole number.",
    "problem.field-range": "This must be from {least} to {most}.",
    "problem.field-instant": "This must be a time with its zone, such as 2026-05-17T08:30:00+08:00.",
    "problem.field-strings": "This must be a list of texts, each in quotes.",
    "problem.field-too-many": "This must be a list of {most} at most.",
    "problem.time-typed": "“{value}” is no time. Write it like 2026-12-01 08:00, 16:30, or "
    "2026-12-01T08:00:00+08:00.",
    "problem.time-leapt-over": "There is no such time as “{value}” here: the clocks are set forward "
    "then. Choose another.",
    "problem.two-deadlines": "Give either validity_s or expires_at, not both: nobody can say which one "
    "counts.",
    "problem.expires-in-the-past": "That instant is over, so it could never be sent. Choose one that is "
    "to come.",
    "problem.expires-before-it-begins": "It would be given up before it may be sent at all. Choose an "
    "instant after “not before”.",
    "problem.too-far-ahead": "This is more than {days} days ahead. Check the date.",
    "problem.name": "A name has 1 to {limit} characters on one line.",
    "problem.name-taken": "Another one is called “{name}” already. Choose another name.",
    "problem.no-such-template.title": "No such template",
    "problem.no-such-template": "The box has no template with this code.",
    "problem.template-too-many": "There are {most} templates already, the most there can be. Remove one that "
    "nobody uses.",
    "problem.template-code": "A code has 1 to 40 letters (A to Z), digits, “_” and “-”, and begins with a letter or "
    "digit.",
    "problem.template-code-taken": "There is a template “{code}” already; choose another code.",
    "problem.template-text": "The text of a template has {most} characters at most, and no NUL or half characters.",
    "problem.no-such-group.title": "No such group",
    "problem.no-such-group": "The box has no group of SIMs with this id.",
    "problem.group-too-many": "There are {most} groups already, the most there can be. Remove one that "
    "is not needed.",
    "problem.no-such-account.title": "No such account",
    "problem.no-such-account": "The box has no account with this id.",
    "problem.no-such-key": "The box has no API key in use with this id.",
    "problem.account-too-many": "There are {most} accounts already, the most there can be. Remove one "
    "that is not needed.",
    "problem.account-of-the-box": "The box's own account stays: the page sends in its name.",
    "problem.plan-contract-day": "The contract's day must be from {least} to {most}. Where a month has "
    "no such day, its last day counts.",
    "problem.plan-reserve": "The reserve must be from {least} to {most} percent: with more kept back, "
    "bulk would hardly ever go.",
    "problem.plan-prefix": "“{value}” is no beginning of a number. Write it with its country code, as in "
    "+86139.",
    "plan.longer-below-shorter": "This limit ({longer}) is below one for a shorter time ({shorter}), so "
    "it may be used up in that shorter time; then the SIM waits for the rest of the longer one.",
    "plan.contract-day-missing": "In months without a day {day} the billing month begins on their last day.",
    "plan.warm-up-without-day": "Without a limit for 24 hours, the warm-up grows to {parts} parts in 24 "
    "hours and then ends.",
    "plan.long-messages-never-fit": "Messages of more than {parts} parts never fit into these limits; "
    "other SIMs have to send them.",
    "plan.hours-malformed": "“{given}” are no sending hours. Write them as 08:00-21:00, several with commas between "
    "them; the day ends at 24:00.",
    "plan.hours-too-short": "The sending hours “{given}” are too short: give at least {least} minutes, since the last "
    "minute is left free.",
    "plan.hours-overlap": "Two of the sending hours overlap. Write each hour of the day once.",
    "plan.hours-too-many": "These are too many sending hours; {most} are the most.",
    "group.put-in": "{sim} is in the group “{group}” now. What it sent before counts there at once.",
    "group.moved": "{sim} was moved from the group “{before}” to “{group}”: a SIM is in one group only. "
    "What it sent before counts there at once.",
    "group.taken-out": "{sim} is in no group any more; it was in “{before}”.",
    "group.stays": "{sim} is in the group “{group}” already.",
    "group.in-none": "{sim} is in no group.",
    "event.technician.plan": "{who} changed the plan of {sim}: {fields}.",
    "event.technician.group-made": "{who} made the group “{group}”.",
    "event.technician.group-changed": "{who} changed the group “{group}”.",
    "event.technician.group-removed": "{who} removed the group “{group}”; its SIMs are in none now.",
    "event.technician.group.put-in": "{who} put {sim} into the group “{group}”.",
    "event.technician.group.moved": "{who} moved {sim} from the group “{before}” to “{group}”.",
    "event.technician.group.taken-out": "{who} took {sim} out of the group “{before}”.",
    "event.technician.account-made": "{who} made the account “{account}” with the weight {weight}.",
    "event.technician.account-changed": "{who} changed the account “{account}”; its weight is {weight}.",
    "event.technician.account-removed": "{who} removed the account “{account}”; its keys send in the "
    "name of the box now.",
    "event.technician.key-given": "{who} gave the API key “{key}” to the account “{account}”.",
    "problem.forecast-destinations": "This must be an object of carriers, “abroad” or “”, each with a "
    "number of messages.",
    "problem.forecast-parts-and-text": "Give either the parts of each message or its text, not both: the text "
    "says in how many parts it goes.",
    "problem.field-choice": "This must be one of: {choices}.",
    "problem.recipient-empty": "There is no number to send to.",
    "problem.recipient-no-number": "This is no telephone number. Write 13912345678, +8613912345678, or a short "
    "number such as 10086.",
    "problem.recipient-too-short": "The number has too few digits.",
    "problem.recipient-too-long": "The number has too many digits.",
    "problem.recipient-country-code": "No country has this country code.",
    "problem.recipient-emergency": "This is an emergency number, and the box sends no SMS to it: likely nobody would "
    "read it. If there is an emergency, call the number from a telephone.",
    "problem.text-empty": "The text is empty.",
    "problem.text-nul": "The text has a NUL character (U+0000), which no SMS can carry.",
    "problem.text-surrogate": "The text has half of a character (a lone surrogate), probably cut off by another "
    "program.",
    "problem.text-parts": "The text takes {parts} parts, and this box accepts {limit} at most. Make it shorter.",
    "problem.text-too-long": "The text is far too long: this box accepts {limit} parts at most. Make it shorter.",
    "problem.parameter-unknown": "There is no such query parameter. Known here: {known}.",
    "problem.parameter-twice": "This query parameter is there more than once.",
    "problem.parameter-encoding": "The query is not UTF-8 in percent-encoding.",
    "problem.parameter-limit": "This must be a whole number from 1 to {most}.",
    "problem.parameter-cursor": "This is no cursor of this list. Take the one that an answer had as next_cursor.",
    # -- event.*: what happened, for the event list ------------------------------------------------------------
    "event.pool-stopped": "The program that owns the modems is stopped, so nothing is sent or received. Start "
    "the box.",
    "event.clock-doubted": "The clock of the system leapt to {wall}, and nothing speaks for it. The box goes on from "
    "{box} by the time that passes, and nothing is sent early. If {wall} is right, confirm it: on the wall, or with "
    "`simloft clock confirm`. If not, set the clock of the system right.",
    "event.clock-set": "The clock of the box was set by {seconds} s, to {box}. How long ago anything was sent is as "
    "exact as before, so no limit opened early.",
    "event.clock-confirmed": "{who} confirmed that the clock of the system is right.",
    "clock.doubted": "The clock of the system says {wall}, which can't be right by the time that has passed since the "
    "box was sure of it. The box goes on with {box}: limits are counted by the time that passes, and what is "
    "scheduled does not go early. If {wall} is right, confirm it; if not, set the clock of the system right.",
    "clock.good": "The clock of the box is right as far as is known: {box}.",
    "clock.proved": "The clock of the box is right: {box}. The system, a network or a person says so.",
    "clock.confirmed": "The clock of the system, {wall}, is taken for right. The box sets its own by it within "
    "seconds.",
    "event.clock-differs": "The network of {port} says that it is {theirs}, and the clock of the box says "
    "{ours}. The box goes by its own clock; set it if it is wrong.",
    "event.missed-call": "Missed call from {caller}.",
    "event.missed-call-unknown": "Missed call from a number that was not shown.",
    "event.sim-readmitted": "{sim} tried a message after its rest, and it went: it sends again.",
    "event.delete-refused": "The modem in {port} does not delete messages that were received. They are kept once in "
    "the inbox; its memory may get full.",
    # -- pin.<PinState>: how the PIN of a card stands ----------------------------------------------------------
    "pin.none": "No PIN is stored for this SIM.",
    "pin.stored": "A PIN is stored. The box tries it once, the next time that the SIM asks for it.",
    "pin.trying": "The PIN was given to the modem, and no answer came yet. If it stays so, check the SIM and "
    "enter the PIN again: the box does not try it a second time by itself.",
    "pin.accepted": "The SIM accepted the stored PIN.",
    "pin.refused": "The SIM refused the PIN (tries left: {tries_left}). The box never tries this one again. Check it "
    "and enter it anew.",
    "pin.unreadable": "The key with which the PIN was sealed is lost, so the box can't read it. Enter PINs again.",
    "event.pin-refused": "The SIM {sim} refused its PIN (tries left: {tries_left}). The box never tries this one "
    "again. Check it and enter it anew.",
    # -- command.*: what came of something that was asked of a port ---------------------------------------------
    "command.no-port": "The box keeps no port {port}. Check its name on the page of the modems.",
    "command.not-known": "This release of the box does not know this command.",
    "command.interrupted": "The box was stopped while it did this, so nobody knows how far it came. Look at the "
    "port, and ask again if it is still needed.",
    "command.too-late": "The box was not running when this was asked, so it was not done. Ask again.",
    "command.trace": "What was said on the line of late.",
    "command.trace-empty": "Nothing was said on this line yet.",
    # -- what only one SIM may send; rests that a person orders ----------------------------------------------
    "message.the-one-sim-is-gone": "It may go through one SIM only, and that one is not in the box now. Put the SIM "
    "back, or cancel the message.",
    "message.the-one-sim-is-not-ready": "It waits for {sim}: no other SIM may send it, and that one is not ready "
    "({state}).",
    "sim.draining": "{sim} takes no new messages while cards are being swapped. It sends what no other SIM may send.",
    "sim.rests-until-resumed": "{sim} rests until a person lets it go on.",
    "sim.rested-by-person": "{who} let {sim} rest ({why}).",
    "sim.rested-by-person-without-reason": "{who} let {sim} rest.",
    # -- technician: what a person did, and why something was not done ---------------------------------------
    "event.technician.trace-plain": "{who} looked at the trace of {port} with its numbers and texts.",
    "event.technician.record-start": "{who} began to record the line of {port}.",
    "event.technician.record-stop": "{who} ended the recording of {port}.",
    "event.technician.restart": "{who} restarted the modem in {port}.",
    "event.technician.restart-soft": "{who} reset the settings of the modem in {port} (ATZ).",
    "event.technician.restart-usb": "{who} took the modem in {port} off the USB and put it on again.",
    "event.technician.release": "{who} ended the quarantine of {port}.",
    "event.technician.at": "{who} gave a command to the modem in {port}: {line}",
    "event.technician.ussd": "{who} sent a USSD code through {port}.",
    "event.technician.pin-now": "{who} had the box try the PIN in {port}.",
    "event.technician.renamed": "{who} calls {port} “{label}” now.",
    "event.technician.unnamed": "{who} took away the name of {port}.",
    "event.technician.rest": "{who} let {sim} rest.",
    "event.technician.resume": "{who} let {sim} go on.",
    "event.technician.number": "{who} entered the number of the SIM {sim}: {number}",
    "event.technician.number-removed": "{who} removed the number of the SIM {sim}.",
    "event.technician.sim-renamed": "{who} calls the SIM {sim} “{label}” now.",
    "event.technician.sim-unnamed": "{who} took away the name of the SIM {sim}.",
    "event.technician.forgot": "{who} forgot the SIM {sim}; {messages} messages that only it could send were "
    "ended.",
    "event.technician.pin-entered": "{who} entered a PIN for the SIM {sim}.",
    "event.technician.pin-removed": "{who} removed the PIN of the SIM {sim}.",
    "problem.label-taken": "Something else is called “{label}” already. Choose another name, so that nobody pulls "
    "the wrong cable.",
    "problem.label": "A name has at most {limit} characters, on one line.",
    "problem.ussd-code": "A USSD code is made of digits, * and #, such as *100#.",
    "problem.console-for-people.title": "Only for a person",
    "problem.console-for-people": "Raw commands are for a person at the page or at the box, not for an application "
    "with a key.",
    "problem.at-line": "A command is one line that begins with AT, in plain characters, at most {limit} of them.",
    "problem.rest-in-the-past": "That instant is over. Choose one that is to come.",
    "problem.number-of-sim": "This is a service number, not the number of a SIM. Write it like +8613912345678.",
    "problem.sim-is-in-port": "{sim} is in {port}. Take the card out first; only a SIM that is in no port can be "
    "forgotten.",
    "problem.sim-has-messages": "{messages} messages wait for {sim}, and no other SIM may send them. Put it back "
    "until they are sent, or end them with it.",
    "problem.pin-digits": "A PIN has 4 to 8 digits.",
    "problem.pin-no-key": "The box has no key yet to seal PINs with: the program that owns the modems makes it at "
    "its first start. Start the box, and enter the PIN then.",
    "problem.pin-needs-card-number": "The card number of {sim} can't be read, so a PIN can't be kept for it. Enter "
    "it for the port that the SIM is in.",
    # -- loop-test.*: how a message from one SIM of the box to another fared ---------------------------------
    "loop-test.passed": "{from} sent and {to} received, after {received_s} s. Both SIMs work.",
    "loop-test.passed-other-number": "{from} sent and {to} received, after {received_s} s. But the network says "
    "that the number of {from} is {told}, not the one that was entered: check it.",
    "loop-test.wrong-number": "{from} sent to the number that was entered for {to}, and {other} received it. That "
    "number belongs to {other}: correct both.",
    "loop-test.not-sent": "{from} could not send to {to}.",
    "loop-test.refused": "The message from {from} to {to} was not accepted.",
    "loop-test.not-delivered": "{from} sent, and the network could not deliver it to {to}. Check the number of "
    "{to}, and its network.",
    "loop-test.never-began": "{from} did not come to send to {to} in time.",
    "loop-test.unclear": "It is not known whether {from} sent it, and {to} received nothing in time.",
    "loop-test.not-received": "{from} sent, and {to} received nothing in time. The network may be slow. If it stays "
    "so, check the number that was entered for {to}.",
    "loop-test.delivered-elsewhere": "The network says that the message from {from} was delivered, and {to} "
    "received nothing. Most likely the number that was entered for {to} is another one's: check it.",
    "loop-test.number-unknown": "The number of {to} is not known, and no test could learn it. Enter it for this "
    "SIM, and test again.",
    "note.same-imei": "The modem in {ports} tells the same IMEI. Cheap modems are made so, and the box tells them "
    "apart all the same. A network may refuse one of two that are on at a time: if one stays without network, put "
    "it in another box, or exchange it.",
    "event.number-learnt": "A loop test learnt the number of the SIM {sim}: {number}",
    "event.technician.balance-asked": "{who} had the carrier asked what is on {sim}.",
    "event.technician.low-balance": "{who} set that {sim} rests when less than {amount} is left.",
    "event.technician.low-balance-as-carrier": "{who} set that {sim} rests as the table of carriers has it.",
    "event.technician.low-balance-never": "{who} set that {sim} never rests for its balance, and only warns.",
    "event.technician.keep-alive": "{who} set that {sim} must spend something every {days} days.",
    "event.technician.keep-alive-as-carrier": "{who} set that {sim} is kept in use as the table of carriers has "
    "it.",
    "event.technician.keep-alive-never": "{who} set that {sim} need not be kept in use.",
    "event.technician.carrier": "{who} changed the entry {carrier} in the table of carriers.",
    "event.technician.carrier-reset": "{who} took back what was changed in the entry {carrier} of the table of "
    "carriers.",
    "event.technician.loop-test": "{who} began {tests} loop tests.",
    "problem.loop-test-no-sim": "No SIM is ready. A loop test needs one that can send and one that can receive.",
    "problem.loop-test-not-ready": "{sim} is not ready, so it can't be tested. The page of the modems says what it "
    "needs.",
    "problem.loop-test-no-number": "The number of {sim} is not known, and no other SIM's number is from which it "
    "could be learnt. Enter the number of one SIM of the box (it is on its card or in its contract); the test "
    "learns the others.",
    # -- ladder.*: what the box did by itself to a modem that did not work, and whether it helped -------------
    "ladder.escape.helped": "{port}: the modem hung at a prompt; the box left it at {at}, and the modem answers "
    "again.",
    "ladder.escape.in-vain": "{port}: the box left any prompt that the modem may have hung at, at {at}. It did "
    "not help.",
    "ladder.reopen.helped": "{port}: the box opened the line anew at {at}, and the modem works again.",
    "ladder.reopen.in-vain": "{port}: the box opened the line anew at {at}. It did not help.",
    "ladder.soft-reset.helped": "{port}: the box reset the modem's settings (ATZ) at {at}, and it works again.",
    "ladder.soft-reset.in-vain": "{port}: the box reset the modem's settings (ATZ) at {at}. It did not help.",
    "ladder.radio-reset.helped": "{port}: the box restarted the modem (AT+CFUN=1,1) at {at}, and it works again.",
    "ladder.radio-reset.in-vain": "{port}: the box restarted the modem (AT+CFUN=1,1) at {at}. It did not help.",
    "ladder.usb-reset.helped": "{port}: the box took the modem off the USB and put it on again at {at}, and it "
    "works again.",
    "ladder.usb-reset.in-vain": "{port}: the box took the modem off the USB and put it on again at {at}. It did "
    "not help.",
    "ladder.hub-power.helped": "{port}: the box switched the power of the hub's socket off and on at {at}, and "
    "the modem works again.",
    "ladder.hub-power.in-vain": "{port}: the box switched the power of the hub's socket off and on at {at}. It "
    "did not help.",
    "ladder.skipped.no-usb": "{port}: this step was left out ({rung}): the line is on no USB device that the "
    "system knows.",
    "ladder.skipped.shared": "{port}: this step was left out ({rung}): other modems hang on the same USB device and "
    "would be reset with it.",
    "ladder.skipped.deaf": "{port}: this step was left out ({rung}): what only babbles hears no commands.",
    "ladder.skipped.budget": "{port}: this step was left out ({rung}): it was done too often of late.",
    "ladder.skipped.absent": "{port}: this step was left out ({rung}): the modem is not there.",
    # -- usb.<Why>: why a reset that needs root was not done --------------------------------------------------
    "usb.no-helper": "{port}: this step was left out ({rung}). Nothing on this box may do it. Start "
    "simloft-usb-helper, or install the udev rules; `simloft doctor` tells more.",
    "usb.bad-request": "{port}: this step was left out ({rung}). The helper did not understand it. Are the pool and "
    "the helper of one release?",
    "usb.not-allowed": "{port}: this step was left out ({rung}). The helper does not take requests of this user. Add "
    "the user of the box to the group simloft.",
    "usb.no-device": "{port}: this step was left out ({rung}). The device is on the USB no more.",
    "usb.not-ours": "{port}: this step was left out ({rung}). The helper knows no serial line of this device, and "
    "touches only what has one.",
    "usb.too-often": "{port}: this step was left out ({rung}). The helper resets no device so often. It does so "
    "again later.",
    "usb.no-uhubctl": "{port}: this step was left out ({rung}). The program uhubctl is missing. For hubs that can "
    "switch single ports: sudo apt-get install uhubctl",
    "usb.no-power-switch": "{port}: this step was left out ({rung}). The hub can't switch the power of this port "
    "alone.",
    "usb.failed": "{port}: this step was left out ({rung}). The system refused it. The helper's log tells more: "
    "journalctl -u simloft-usb-helper",
    "ladder.released": "{port}: somebody released it. The box tries it again from the first.",
    "ladder.another-device": "{port}: the modem that was left alone is gone or another one. The box tries what "
    "is there.",
    "command.at-waits": "The command waits for its turn on the line.",
    "command.at": "The modem answered.",
    "command.at-silent": "The modem did not finish its answer in time. The box goes on; do not give long "
    "commands to a modem in use.",
    "command.ussd-waits": "The network was asked. Its answer takes up to {seconds} seconds.",
    "command.ussd": "The network answered.",
    "command.restarting": "The modem is restarted as soon as what it sends is over.",
    "command.restart-coming-back": "The modem restarts. This takes up to a minute.",
    "command.restart-not-given": "The modem in {port} could not be restarted: its line was lost, or a send did not "
    "end in time. Look at the port, and ask again if it is still needed.",
    "command.restart-refused": "The modem in {port} refused to restart and goes on as it was. Try another kind of "
    "restart, or unplug it.",
    "problem.restart-rung": "A restart is soft (ATZ), radio (AT+CFUN=1,1) or usb (off the USB and on again).",
    "command.restarted": "The modem in {port} has restarted and is ready again, after {seconds} s.",
    "command.not-quarantined": "{port} is not in quarantine.",
    "command.released": "{port} is tried again from now on.",
    "command.pin-not-asked": "The SIM in {port} asks for no PIN.",
    "command.pin-being-tried": "The SIM is asked again, and gets the PIN if it wants one.",
    "command.pin-accepted": "The SIM in {port} is open and ready.",
    "command.identify": "For {seconds} seconds the wall points at {port}, and the light of its stick blinks a "
    "second on and a second off.",
    "command.identify-on-the-wall": "For {seconds} seconds the wall points at {port}. Its stick can't blink, "
    "because its line is not open.",
    "command.identify-ends": "{port} is not pointed at any more.",
    "command.time-over": "It was given up after {seconds} seconds. Look at {port}, and ask again if it is still "
    "needed.",
    "command.recording": "What is said on the line of {port} is recorded from now on. End it when the fault was "
    "seen; it ends by itself at {limit_mb} MB.",
    "command.recording-waits": "The line is opened anew as soon as what the modem sends is over; the recording begins "
    "with that.",
    "command.recording-from-the-beginning": "The line of {port} was opened anew, and all that is said on it is "
    "recorded. End it when the fault was seen; it ends by itself at {limit_mb} MB.",
    "event.recording-ended": "The recording of {port} ended, because the box was stopped. What was recorded until "
    "then is in {file}.",
    "event.upkeep.damaged": "The database of the box is damaged ({found}). Stop the box, keep a copy of its data "
    "directory, check the memory card or disk, and put a backup in its place.",
    "event.upkeep.log-held": "The log of the database has grown to {mb} MB, because these programs read the database "
    "without an end: {readers}. End them; until then the disk fills up.",
    "event.upkeep.reader-ended": "The log of the database had grown to {mb} MB, because these programs read the "
    "database without an end. The box ended them: {readers}",
    "command.recorded": "The recording of {port} is in {file}.",
    "command.records-already": "{port} is being recorded already. End that first.",
    "command.records-nothing": "{port} is not being recorded.",
    "command.record-failed": "The recording can't be written ({detail}). Make room on the disk.",
    # -- swap.<SwapStep>: what is to be done now; swap.did.*: what was done ----------------------------------
    "swap.draining": "{old} in {port} takes no new messages. It finishes what it has begun; wait.",
    "swap.waits-for-messages": "{old} in {port} has {messages} messages that only it may send. Wait, or go on: then "
    "they wait until this card is back in the box.",
    "swap.pull": "{port}: pull the card {old}. The light of its stick blinks, and the wall points at it.",
    "swap.insert": "{port}: put in the new card.",
    "swap.card-is-read": "{port}: the modem is being looked at. This takes a few seconds.",
    "swap.same-card": "{port}: this is the same card again, {sim}. Pull it and put in the new one, or cancel the "
    "swap.",
    "swap.taken-out-again": "{port}: the card was taken out again. Put in the new card.",
    "swap.pin": "{port}: the new card asks for its PIN. Enter it.",
    "swap.plan": "{port}: {new} is there. Choose its limits: those of the old card, those of the box, or its own. "
    "It sends nothing before.",
    "swap.test": "{port}: test {new} by a message to another SIM of the box, or go without.",
    "swap.testing": "{port}: {new} sends a test message. This takes up to five minutes.",
    "swap.done": "{port}: the swap is done, and {new} is in use.",
    "swap.cancelled": "{port}: the swap was cancelled. The SIMs go on as before.",
    "swap.did.drained": "The old SIM finished what it had begun.",
    "swap.did.went-on": "What only the old SIM may send was left waiting for it.",
    "swap.did.pulled": "The old card was pulled.",
    "swap.did.pulled-early": "The old card was pulled before it had finished.",
    "swap.did.found": "The new card was found: {sim}.",
    "swap.did.plan-copy": "The limits of the old SIM were copied.",
    "swap.did.plan-box": "The new SIM has the limits of the box.",
    "swap.did.plan-own": "The new SIM got limits of its own.",
    "swap.did.no-test": "No loop test was made.",
    "event.technician.key-made": "{who} made the API key “{key}” ({scopes}).",
    "event.technician.key-changed": "{who} changed the API key “{key}”: {fields}.",
    "event.technician.aliyun-key-made": "{who} gave the API key “{key}” an AccessKey for Aliyun programs.",
    "event.technician.aliyun-key-removed": "{who} took the AccessKey for Aliyun programs from the API key “{key}”.",
    "event.technician.template-made": "{who} made the template “{template}”.",
    "event.technician.template-changed": "{who} changed the template “{template}”.",
    "event.technician.template-removed": "{who} removed the template “{template}”.",
    "event.technician.key-revoked": "{who} revoked the API key “{key}”.",
    "event.technician.person-added": "{who} let “{person}” log in ({role}).",
    "event.technician.person-role": "{who} gave “{person}” another role: {role}.",
    "event.technician.person-password": "{who} set another password for “{person}”.",
    "event.technician.person-removed": "{who} removed “{person}” from those who may log in.",
    "event.technician.logged-in": "{who} logged in.",
    "event.technician.logged-out": "{who} ended {sessions} log-ins of browsers.",
    "event.technician.swap": "{who} began to swap the card in {port}.",
    "event.technician.swap-plan": "{who} chose the limits of the new card in {port}.",
    "event.technician.swap-step": "{who} went on with the swap of the card in {port}.",
    "event.wrong-passwords": "Wrong passwords came from {address}. The box lets that address wait ever longer. If it "
    "was none of you, find the device that has it.",
    "event.wrong-keys": "Wrong API keys or used log-in links came from {address}. If a program there is yours, correct "
    "its key; if not, find the device that has this address.",
    "event.technician.swap-cancelled": "{who} cancelled the swap of the card in {port}.",
    "event.swap-done": "The card in {port} was swapped: {sim} is in use.",
    "problem.swap-under-way": "The card in {port} is being swapped already. Go on with that, or cancel it.",
    "problem.no-such-swap.title": "No such swap",
    "problem.no-such-swap": "There is no such swap. Begin a new one.",
    "problem.swap-not-now": "This can't be chosen at this step of the swap.",
    # -- pdu.*, text.*, address.* …: why octets are no SMS, or a text or number cannot be one (modem/sms) -------
    "pdu.ends_early": "The PDU ends in the middle of {field}: some of its octets are missing.",
    "pdu.reserved_type": "This is no message that a phone can send: its type (TP-MTI 3) is reserved.",
    "pdu.not_hex": "A PDU is written in hexadecimal digits (0-9, A-F), and this has other characters.",
    "pdu.odd_hex": "This has {digits} hexadecimal digits. A PDU has an even number: one digit is missing or too "
    "many.",
    "pdu.other_length": "The PDU was said to have {announced} octets after the SMSC prefix, but it has {found}.",
    "pdu.not_an_octet": "{values} does not fit into the octets of a PDU.",
    "address.empty": "There is no number.",
    "address.too_long": "The number has more than {limit} digits, which is more than an SMS can be addressed to.",
    "address.name_too_long": "The name takes more than {limit} characters, more than a sender's name can have.",
    "address.not_dialled": "“{number}” has characters that are not on a telephone's keys.",
    "timestamp.length": "A time in a PDU has seven octets.",
    "timestamp.naive": "The time has no time zone.",
    "timestamp.range": "The time {moment} cannot be said in a PDU.",
    "validity.not_positive": "A message must be valid for at least one second.",
    "validity.length": "This form of validity period has seven octets.",
    "concatenation.range": "Part {number} of {total} with reference {reference} cannot be said in a PDU.",
    "concatenation.bits": "The reference of a long message has 8 or 16 bits.",
    "ports.range": "Port {destination} or {source} is not between 0 and 65535.",
    "user_data.too_long": "The user data has {octets} octets, and one SMS carries {limit} at most.",
    "user_data.header_too_long": "The header of the user data is longer than the user data itself.",
    "user_data.other_alphabet": "The user data ({alphabet}) is not what its data coding scheme {dcs} says.",
    "user_data.no_septets": "The user data is said to be GSM 7 bit text and has octets above 0x7F.",
    "text.not_in_gsm7": "The GSM 7 bit alphabet has no {characters}.",
    "text.lone_surrogate": "The text has half of a character (a lone surrogate), probably cut off by another "
    "program.",
    "text.is_data": "A text cannot be sent as 8-bit data.",
    "text.too_many_parts": "The text is too long: it takes more than {limit} parts, the most there can be.",
    # -- cdma.*: why octets are no message of a CDMA network, or a number or text can't be one (modem/cdma/is637) ---
    "cdma.ends-early": "The CDMA packet ends in the middle of {field}: some of its octets are missing.",
    "cdma.not-hex": "A CDMA packet is written in an even number of hexadecimal digits (0-9, A-F), and this is not.",
    "cdma.reserved-type": "This is no message of a CDMA network: its type ({type}) is reserved.",
    "cdma.too-large": "{value} does not fit into the field {field} of a CDMA packet.",
    "cdma.no-address": "An address in a CDMA network has no {characters}.",
    "cdma.control-character": "The text has a control character that ends a message in a CDMA modem.",
    "cdma.too-many-parts": "The text is too long: it takes more than {limit} messages, the most there can be.",
    "cdma.lone-surrogate": "The text has half of a character, probably cut off by another program.",
    "cdma.abroad": "A CDMA network sends messages to numbers of its own country only.",
    "cdma.not-in-encoding": "The encoding {encoding} of CDMA networks lacks a character of this text.",
    # -- balance.*: what is on a SIM, and why that is not known ------------------------------------------------
    "balance.wanted": "The box asks the carrier for the balance in a moment.",
    "balance.asked": "The carrier was asked ({asked_of}). Its answer is awaited.",
    "balance.answered": "There are {balance} on it.",
    "balance.no-answer": "The carrier did not answer in time ({asked_of}). Ask again later; if it never answers, "
    "correct the code in the table of carriers.",
    "balance.no-amount": "The carrier answered ({asked_of}), but no amount is clear from its text. Read it in the "
    "inbox or on the page of the SIM, and give the carrier a pattern for it.",
    "balance.not-sent": "The question to the carrier could not be sent ({asked_of}). The outbox says why.",
    "balance.not-ready": "The SIM was not ready for hours, so its balance was not asked for. The page of the modems "
    "says what it needs.",
    "balance.resting": "The SIM rests, and its carrier is asked by message, which would have to pass that rest. "
    "Ask when it is over, or resume the SIM.",
    "balance.no-carrier": "The box does not know whose this SIM is, so it can't ask for its balance. Add the "
    "carrier to the table of carriers.",
    "balance.no-query": "The table says no way to ask {carrier} for a balance. Add one to it.",
    "balance.sim-forgotten": "The SIM was forgotten, so its balance is asked for no more.",
    "balance.enough-again": "{sim} has {balance} now, so it sends again.",
    "balance.low-warning": "{sim} has only {balance} left. It goes on sending, because no limit was set for it. Top "
    "it up soon.",
    "balance.seems-empty": "The network refuses {sim} as it does a SIM without credit ({detail}). Its balance is "
    "being asked for; top it up if that is so.",
    # -- keep-alive.*: the message that keeps a SIM in use, and why it can't go -----------------------------------
    "keep-alive.trying": "It is on its way to be sent.",
    "keep-alive.sent": "The network took it; its arrival is awaited.",
    "keep-alive.received": "The other SIM received it.",
    "keep-alive.delivered": "It was delivered.",
    "keep-alive.unconfirmed": "The network took it, and nobody said that it arrived.",
    "keep-alive.proved": "{sim} was used before its date: its message arrived.",
    "keep-alive.no-number": "{sim} must be used until {until}, but there is no other SIM with a known number to "
    "write to. Enter a SIM's number or run a loop test, or set a number for this in the settings "
    "(keep_alive.fallback).",
    "keep-alive.not-ready": "{sim} must be used until {until}, but it is not ready to send. Put it into a modem, or "
    "see on the page of the modems what it needs.",
    "keep-alive.low-balance": "{sim} must be used until {until}, but too little is on it. Top it up, then ask for "
    "its balance.",
    "keep-alive.resting": "{sim} must be used until {until}, but it rests. It is used as soon as its rest ends; "
    "resume it if that would be too late.",
    "keep-alive.tried": "{sim} must be used until {until}, but {tries} messages failed of late. Its page says why; "
    "the box tries again in some days.",
    # -- problem.carrier-*, problem.pattern-*: what is wrong with an entry of the table of carriers ----------------
    "problem.amount": "“{value}” is no amount. Write it as 5 or 5.00.",
    "problem.carrier-id": "“{value}” is no name for an entry. Use small letters, digits and hyphens, as in "
    "china-mobile.",
    "problem.carrier-name": "The name must have 1 to 60 characters.",
    "problem.carrier-prefix": "“{value}” is no beginning of an IMSI or card number. Write 3 to 12 digits, as in "
    "46000.",
    "problem.carrier-currency": "“{value}” is no currency. Write three capital letters, as in CNY.",
    "problem.carrier-list": "This must be a list of {most} at most.",
    "problem.carrier-query": "Each way to ask must be a table with “method”.",
    "problem.carrier-method": "The method must be ussd or sms.",
    "problem.carrier-code": "“{value}” is no USSD code. It begins with * or #, as in *100#.",
    "problem.carrier-to": "“{value}” is no short number. Write 3 to 8 digits, as in 10086: balances are asked of "
    "carriers only.",
    "problem.carrier-text": "The text must have 1 to 70 characters.",
    "problem.carrier-sender": "“{value}” is no sender. Write 10086, or 10086* for all numbers that begin so.",
    "problem.pattern-broken": "The pattern is no regular expression ({detail}).",
    "problem.pattern-no-group": "The pattern must have a group named amount: (?P<amount>…).",
    "problem.pattern-too-long": "The pattern has more than {limit} characters.",
    "problem.pattern-too-slow": "The pattern takes too long on some texts. Avoid a repetition inside a repetition, "
    "as in (a+)+.",
    "problem.pattern-not-run": "The box could not try the pattern just now. Try again in a moment.",
    "problem.no-such-carrier.title": "No such carrier",
    "problem.no-such-carrier": "There is no carrier “{value}” in the table.",
    # -- forecast.*: what becomes of a batch; {sims} is how many SIMs run into a limit ---------------------------------
    "forecast.done": "All {messages} messages will be sent by {done}.",
    "forecast.some-expire": "{sent} of {messages} messages will be sent, the last one at {done}; "
    "{expired} will expire before it is their turn. Give them a later "
    "deadline, or more SIMs.",
    "forecast.all-expire": "None of the {messages} messages can be sent before its deadline. Give "
    "them a later one, or more SIMs.",
    "forecast.some-unsent": "{sent} of {messages} messages will be sent, the last one at {done}; "
    "{unsent} can't be sent by any SIM as things are.",
    "forecast.none": "No SIM can send these messages as things are.",
    "forecast.rounded": "So much is waiting that this is an estimate; it may be some percent off.",
    "forecast.at-limit.hour": "{sim} reaches the limit for an hour at {at} and may go on at {until}.",
    "forecast.first-at-limit.hour": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the limit for an hour at {at} and may go on at {until}.",
    "forecast.at-limit.day": "{sim} reaches the limit for a day at {at} and may go on at {until}.",
    "forecast.first-at-limit.day": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the limit for a day at {at} and may go on at {until}.",
    "forecast.at-limit.month": "{sim} reaches the limit for its billing month at {at} and may go on at "
    "{until}.",
    "forecast.first-at-limit.month": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the limit for its billing month at {at} and may go on at {until}.",
    "forecast.at-limit.warm-up": "{sim} reaches the limit of its warm-up at {at} and may go on at {until}.",
    "forecast.first-at-limit.warm-up": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the limit of its warm-up at {at} and may go on at {until}.",
    "forecast.at-limit.recipients": "{sim} reaches the limit of different recipients in its billing month at "
    "{at} and may go on at {until}.",
    "forecast.first-at-limit.recipients": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the limit of different recipients in its billing month at {at} and may "
    "go on at {until}.",
    "forecast.at-limit.sending-hours": "{sim} reaches the end of its sending hours at {at} and may go on at "
    "{until}.",
    "forecast.first-at-limit.sending-hours": "{sims} SIMs run into a limit on the way. The first is {sim}: it reaches "
    "the end of its sending hours at {at} and may go on at {until}.",
    "forecast.group-at-limit.hour": "The group of {sim} reaches the limit for an hour at {at} and may go on "
    "at {until}.",
    "forecast.group-at-limit.day": "The group of {sim} reaches the limit for a day at {at} and may go on at "
    "{until}.",
    "forecast.group-at-limit.month": "The group of {sim} reaches the limit for the billing month at {at} and "
    "may go on at {until}.",
    "forecast.group-at-limit.recipients": "The group of {sim} reaches the limit of different recipients in the "
    "billing month at {at} and may go on at {until}.",
    # -- push.*: why a webhook or a callback was not told; and what people do with webhooks -------------------
    "problem.url-too-long": "The address is longer than {most} characters.",
    "problem.url-characters": "The address has a character that must be written with “%”, such as a space or a "
    "letter that is not English.",
    "problem.url-broken": "This is no address that can be sent to; it looks like https://name:port/path.",
    "problem.url-scheme": "The address must begin with http:// or https:// and have a host.",
    "problem.url-user": "A user or password in the address is not allowed, because it could be mistaken for the "
    "host.",
    "problem.url-host": "The host of the address is no name and no address.",
    "problem.url-forbidden": "The box does not send to itself, nor to link-local and multicast addresses. Use "
    "the address of another machine.",
    "problem.no-such-webhook.title": "No such webhook",
    "problem.no-such-webhook": "The box has no webhook with this id.",
    "problem.webhook-too-many": "There are {most} webhooks already, the most there can be. Remove one that is "
    "not needed.",
    "problem.webhook-kind": "“{kind}” is no type of event; there are {known}, and their families message, "
    "inbound and modem.",
    "event.technician.webhook-made": "{who} made the webhook “{webhook}”.",
    "event.technician.webhook-changed": "{who} changed the webhook “{webhook}”.",
    "event.technician.webhook-secret": "{who} gave the webhook “{webhook}” another secret.",
    "event.technician.webhook-removed": "{who} removed the webhook “{webhook}”.",
    "event.technician.webhook-resent": "{who} had {count} sent again that the webhook “{webhook}” was not told.",
    "event.technician.webhook-forgot": "{who} dropped {count} that the webhook “{webhook}” was not told.",
    "event.webhook-failing": "The webhook “{webhook}” has taken nothing for {hours} h. Look whether its receiver "
    "runs; what it was not told is kept and tried again.",
    "event.webhook-gone": "The webhook “{webhook}” said that it wants nothing more (410), and was switched off.",
    "push.bad-url": "The address can't be sent to.",
    "push.no-such-name": "The name of the host is not known. Check it, or write its address.",
    "push.forbidden-address": "The name means the box itself or a link-local address, to which it does not send.",
    "push.no-connection": "Nobody takes a connection there. Check the address, and whether the receiver runs.",
    "push.tls": "The certificate of the receiver is not trusted. Give its authority in the settings "
    "(webhooks.ca_file), or use http.",
    "push.no-answer": "It did not answer in time.",
    "push.broken-answer": "What it answered is no HTTP, or it hung up.",
    "push.redirect": "It answered with a redirect, which is not followed. Write the address that it leads to.",
    "push.refused": "It answered that it did not take it.",
    "push.gone": "It answered that it wants nothing more (410), so it was switched off.",
    "push.key-revoked": "The key that made it was revoked, so it was switched off. Whoever may can switch it on again.",
    "push.key-expired": "The key that made it has expired, so it was switched off. Whoever may can switch it on again.",
    "push.secret-lost": "The secret can't be read any more (webhooks.key was replaced). Give it another secret.",
    "push.unknown-dialect": "This release does not know how to tell it.",
    "push.failed-here": "The box made a mistake of its own; its log has more.",
    "push.never-its-turn": "It answered nothing for as long as this was kept, so it never got its turn.",
}
"""English by code. ``{name}`` is filled from the arguments that are stored beside the code."""


def sentence(
    code: str,
    args: Mapping[str, object] | None = None,
    *,
    translate: Callable[[str], str] = str,
    zone: tzinfo | None = None,
    now_ms: int | None = None,
) -> str:
    """The sentence of ``code`` with its arguments, in the language of ``translate``.

    An instant, an argument such as ``until_ms`` (UTC milliseconds since 1970), is written ``{until}`` and shown in
    ``zone`` (None: the process's), without its day where that is the day of ``now_ms`` (None: of the wall clock). An
    unknown code or a missing argument gives the code itself rather than an
    error: a database of another release may hold some that this one does not know.
    """
    pattern = SENTENCES.get(code)
    if pattern is None:
        return code
    try:
        return translate(pattern).format_map(dict(_shown(args or {}, zone, now_ms)))
    except (KeyError, IndexError, ValueError, OverflowError, OSError):
        return code


def _shown(args: Mapping[str, object], zone: tzinfo | None, now_ms: int | None) -> Iterator[tuple[str, str]]:
    for name, value in args.items():
        yield name, str(value)
        if name.endswith("_ms") and isinstance(value, int):
            when = datetime.fromtimestamp(value / 1000, UTC).astimezone(zone)
            now = datetime.now(UTC) if now_ms is None else datetime.fromtimestamp(now_ms / 1000, UTC)
            today = when.date() == now.astimezone(zone).date()
            yield name.removesuffix("_ms"), when.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")
