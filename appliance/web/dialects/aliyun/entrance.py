"""Who asks: the signature, the clock, the nonce; then the door of every API key."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from weakref import WeakKeyDictionary

from appliance.desk.box_clock import box_clock
from appliance.desk.door import guessed, try_remembered
from appliance.desk.webhook_secrets import Vault
from appliance.desk.who import Source
from appliance.store import aliyun, keys
from appliance.store.keys import Scope
from appliance.web.access import enter
from appliance.web.asked import Asked
from appliance.web.dialects.aliyun.request import SignedRequest
from appliance.web.dialects.aliyun.words import Rejected, nonce_used
from appliance.web.office import Office

MOST_NONCES = 50_000
"""Some 8 MB. What sends is known again beyond it, and after a restart, by the door of the queue."""


class Nonces:
    """Those that were used of late; of more the oldest are forgotten."""

    def __init__(self, most: int = MOST_NONCES) -> None:
        self._most = most
        self._used: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, access_key_id: str, nonce: str) -> bool:
        """Use one; False where it was used before."""
        name = hashlib.blake2b(
            f"{access_key_id}\0{nonce}".encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()
        with self._lock:
            if name in self._used:
                return False
            self._used[name] = None
            if len(self._used) > self._most:
                self._used.popitem(last=False)
            return True


_NONCES: WeakKeyDictionary[Office, Nonces] = WeakKeyDictionary()
_NONCES_LOCK = threading.Lock()


def admit(office: Office, asked: Asked, request: SignedRequest, scope: Scope | None) -> tuple[Asked, Office]:
    """Who asks, and the box that answers. Raises :class:`Rejected` and :class:`~appliance.web.problem.Problem`."""
    reader = office.reader()
    access_key = aliyun.find_access_key(reader, request.access_key_id)
    key = None if access_key is None else keys.key_of_id(reader, access_key.api_key_id)
    if access_key is None or key is None or key.revoked_at_ms is not None:
        return enter(office, asked, guessed(office.tools, asked.remote, office.now_ms()), Source.ALIYUN)
    secret = Vault(office.settings.data).open(access_key.secret)
    if secret is None:
        raise Rejected(
            "InvalidAccessKeyId.Inactive",
            "The box can't read the secret of this AccessKey any more; make another one on it.",
            HTTPStatus.BAD_REQUEST,
        )
    if not request.is_signed_with(secret):
        shut = guessed(office.tools, asked.remote, office.now_ms())
        if shut.retry_after_s is not None:
            return enter(office, asked, shut, Source.ALIYUN)
        raise Rejected(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation.",
            HTTPStatus.BAD_REQUEST,
        )
    _check_time(office, request.time)
    with _NONCES_LOCK:
        nonces = _NONCES.setdefault(office, Nonces())
    if not nonces.take(request.access_key_id, request.nonce):
        raise nonce_used()
    opened = try_remembered(office.tools, key, scope, remote=asked.remote, now_ms=office.now_ms())
    return enter(office, asked, opened, Source.ALIYUN)


def _check_time(office: Office, spelt: str) -> None:
    """A request of long ago is not done now; but what is compared with has to be a clock that somebody believes."""
    at = read_time(spelt)
    if at is None:
        raise Rejected(
            "InvalidTimeStamp.Format",
            "Specified time stamp is not ISO 8601 in UTC (2026-11-24T08:00:00Z).",
            HTTPStatus.BAD_REQUEST,
        )
    most = timedelta(minutes=office.settings.aliyun.clock_skew_min)
    if not most or box_clock(office.reader()).is_doubted:
        return
    now = datetime.fromtimestamp(office.now_ms() / 1000, UTC)
    if abs(now - at) > most:
        raise Rejected(
            "InvalidTimeStamp.Expired",
            f"Specified time stamp is too far from the clock of this box, which says {now:%Y-%m-%dT%H:%M:%SZ}.",
            HTTPStatus.BAD_REQUEST,
        )


def read_time(spelt: str) -> datetime | None:
    """``2026-11-24T08:00:00Z``."""
    try:
        return datetime.strptime(spelt, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
