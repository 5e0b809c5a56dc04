"""One connection of SMTP: aiosmtpd speaks the protocol; what is ours of it is here.

No relay in any sense: a recipient is a telephone number, and no mail goes anywhere.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from appliance.desk.door import Shut
from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient
from appliance.listeners.counter import Counter
from appliance.listeners.mail_in import Delivery, take_mail
from appliance.listeners.settings import SmtpRules
from appliance.listeners.smtp_entry import enter, enter_again, log_in
from appliance.listeners.smtp_reply import of_shut_door, of_store, said
from appliance.store.errors import StoreError
from appliance.store.keys import ApiKey

T = TypeVar("T")

COMMAND_TIMEOUT_S = 60.0
MAIL_TIMEOUT_S = 120.0
"""From DATA to the end of the mail, however it dribbles."""
MOST_KEPT_OCTETS = 512 * 1024
"""Of a mail: texts come first, and the pictures behind them go nowhere."""
MOST_RECIPIENTS = 100

_PATH = re.compile(r"\s*<(?:@[^:>]*:)?([^<>]*)>\s*(.*)|\s*([^<>\s]+)\s*(.*)", re.DOTALL)
_UNUSED_PARAMETERS = re.compile(r"\s+(?:AUTH|RET|ENVID|NOTIFY|ORCPT)=\S*", re.IGNORECASE)
"""What some clients say though nobody offered it (RFC 4954 §5, RFC 3461); a mail is no worse for it."""

log = logging.getLogger("simloft.smtp")


@dataclass(frozen=True, slots=True)
class Inside:
    """What a connection works with."""

    counter: Counter
    settings: SmtpRules
    executor: Executor
    """For what reads, parses and writes to disk."""

    async def do(self, work: Callable[..., T], *arguments: object) -> T:
        """Run ``work`` in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, partial(work, *arguments))


class MailEnvelope(Envelope):
    """What is known of a mail before it comes. ``rcpt_tos`` are numbers in the box's spelling."""

    key: ApiKey | None = None


class Connection(SMTP):
    """The protocol. Its errors are replies; it logs no address and no text."""

    line_length_limit = 8192
    # Clients that were written against one server look for these very words.
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(
        self,
        inside: Inside,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None,
        gone: Callable[[], None],
    ) -> None:
        super().__init__(
            Desk(inside),
            data_size_limit=inside.settings.most_mail_octets,
            enable_SMTPUTF8=True,
            hostname="simloft",
            ident="SMS",
            tls_context=tls,
            timeout=COMMAND_TIMEOUT_S,
            auth_require_tls=False,
            authenticator=_as_given,
            loop=loop,
        )
        self._inside = inside
        self._gone = gone
        self.is_fresh = False
        """Whether there was a log-in and no mail since."""

    @property
    def remote(self) -> str:
        """The address of the client."""
        peer = self.session.peer if self.session is not None else None
        return str(peer[0]) if peer else ""

    def _create_envelope(self) -> Envelope:
        return MailEnvelope()

    def connection_lost(self, error: Exception | None) -> None:
        self._gone()
        super().connection_lost(error)

    def _timeout_cb(self) -> None:
        # Closing waits until what was written is read, and who is this slow may never read it.
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - the name of the command
        mechanism, _, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())

    async def auth_PLAIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._judged(await super().auth_PLAIN(_, args))

    async def auth_LOGIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._judged(await super().auth_LOGIN(_, args))

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_MAIL(None if arg is None else _UNUSED_PARAMETERS.sub("", arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_RCPT(None if arg is None else _UNUSED_PARAMETERS.sub("", arg))

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Take a mail line by line, of any length, and keep its beginning."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
        elif not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
        else:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            self._reset_timeout(MAIL_TIMEOUT_S)
            octets = await self._mail()
            self._reset_timeout(MAIL_TIMEOUT_S)
            status = await self._taken(octets)
            self.envelope = self._create_envelope()
            self._reset_timeout()
            await self.push(status)

    async def _taken(self, octets: bytes | None) -> str:
        if octets is None:
            return said(
                "552 5.3.4", "smtp.too-big", {"limit": self._inside.settings.most_mail_octets // 1024}
            )
        assert isinstance(self.envelope, MailEnvelope)
        assert self.envelope.key is not None
        delivery = Delivery(
            key=self.envelope.key,
            remote=self.remote,
            recipients=tuple(self.envelope.rcpt_tos),
            octets=octets,
        )
        return await self._inside.do(take_mail, self._inside.counter, self._inside.settings, delivery)

    async def _mail(self) -> bytes | None:
        """The beginning of the mail, without the doubled dots (RFC 5321 §4.5.2); None where it is too big."""
        kept: list[bytes] = []
        kept_octets = octets = 0
        begins_line = True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.read(error.consumed)
            if begins_line and piece == b".\r\n":
                break
            octets += len(piece)
            if begins_line and piece.startswith(b"."):
                piece = piece[1:]
            begins_line = piece.endswith(b"\r\n")
            if kept_octets < MOST_KEPT_OCTETS:
                kept.append(piece)
                kept_octets += len(piece)
        return b"".join(kept) if octets <= self._inside.settings.most_mail_octets else None

    async def _judged(self, result: AuthResult) -> AuthResult:
        if not isinstance(result.auth_data, LoginPassword):
            return result
        found = await self._inside.do(log_in, self._inside.counter, result.auth_data.password, self.remote)
        if isinstance(found, Shut):
            return AuthResult(success=False, handled=False, message=of_shut_door(found))
        self.is_fresh = True
        return AuthResult(success=True, auth_data=found)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """An address and what follows it, without the grammar of mails: numbers need none."""
        found = _PATH.fullmatch(arg or "")
        if found is None:
            return None, None
        address, rest = (found[1], found[2]) if found[1] is not None else (found[3], found[4])
        # The empty path of bounces is a sender like any other here.
        return (address.strip() or "<>", rest)


def _as_given(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
) -> AuthResult:
    """Hand on what was given, to be judged in a thread: aiosmtpd would have it judged in the loop."""
    return AuthResult(success=True, auth_data=given)


class Desk:
    """The hooks that aiosmtpd calls."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside

    async def handle_MAIL(  # noqa: N802
        self, server: Connection, session: Session, envelope: MailEnvelope, address: str, _options: list[str]
    ) -> Any:
        found = await self._key(server, session)
        if found is None:
            return said("530 5.7.0", "smtp.log-in-first")
        if isinstance(found, Shut):
            return of_shut_door(found)
        envelope.key = found
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def _key(self, server: Connection, session: Session) -> ApiKey | Shut | None:
        shown: object = session.auth_data
        counter = self._inside.counter
        if not isinstance(shown, ApiKey):
            return await self._inside.do(enter, counter, self._inside.settings, server.remote)
        if server.is_fresh:
            # The log-in was its first request.
            server.is_fresh = False
            return shown
        return await self._inside.do(enter_again, counter, shown, server.remote)

    async def handle_RCPT(  # noqa: N802
        self, _server: Connection, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> Any:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return said("452 4.5.3", "smtp.too-many-recipients", {"most": MOST_RECIPIENTS})
        number = number_of(address, self._inside.counter.tools.rules.home_region)
        if isinstance(number, Mistake):
            return said("550 5.1.1", number.code, number.args)
        if number not in envelope.rcpt_tos:
            envelope.rcpt_tos.append(number)
        return "250 2.1.5 OK"

    async def handle_VRFY(  # noqa: N802
        self, _server: Connection, _session: Session, _envelope: Envelope, _address: str
    ) -> Any:
        return "252 2.1.5 Telephone numbers only"

    async def handle_exception(self, error: Exception) -> str:
        """What failed in a command."""
        if isinstance(error, StoreError):
            return of_store(error)
        log.error("a connection of SMTP failed: %s", type(error).__name__)
        log.debug("where it happened", exc_info=error)
        return "451 4.3.0 Something went wrong on this box; try again"


def number_of(address: str, home_region: str) -> str | Mistake:
    """The number in ``13800138000@anything``, in the box's spelling."""
    local = address.rpartition("@")[0] if "@" in address else address
    if '"' in local or not local.isprintable():
        return Mistake("/to", "problem.recipient-no-number")
    return read_recipient(local, home_region)
