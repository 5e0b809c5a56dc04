"""One try to tell somebody of a change: made ready, sent, and what came of it. Runs in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Renderer, Target, read_retry_after_s
from appliance.store.deliveries import LONGEST_ANSWER
from appliance.web.feed_objects import facts_of
from appliance.web.office import Office
from appliance.web.outbox_lane import Job
from appliance.web.push_client import PushClient, PushError
from appliance.web.unexpected import log_unexpected

GONE = 410
_REDIRECTS = range(300, 400)


class Outcome(Enum):
    TOLD = "told"
    NOTHING = "nothing"
    """There was nothing to say."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a try; as the page shows it."""

    outcome: Outcome
    at_ms: int
    took_ms: int = 0
    kind: str = ""
    """The type of the change."""
    change_id: int = 0
    status: int | None = None
    reason: str | None = None
    """Why it was not taken: a code of the sentences."""
    answer: str | None = None
    """The beginning of what was answered."""
    retry_after_s: int | None = None

    @property
    def is_told(self) -> bool:
        return self.outcome is Outcome.TOLD


class Teller:
    """Tells one after the other, for one office."""

    def __init__(
        self,
        office: Office,
        client: PushClient,
        renderers: Mapping[str, Callable[[Office], Renderer]],
        box: str,
    ) -> None:
        self._office = office
        self._client = client
        self._made = {name: make(office) for name, make in renderers.items()}
        self._box = box

    def renderer(self, dialect: str) -> Renderer | None:
        return self._made.get(dialect)

    def tell(self, job: Job) -> Tried:
        """Never raises."""
        began_ms, began_s = self._office.now_ms(), time.monotonic()
        kind = ""
        try:
            facts = facts_of(self._office.reader(), job.change, self._box)
            if facts is None:
                return Tried(outcome=Outcome.NOTHING, at_ms=began_ms)
            kind = facts.type
            dialect = (job.target.webhook or job.target.callback).dialect  # type: ignore[union-attr]
            renderer = self._made.get(dialect)
            if renderer is None:
                raise PushError("push.unknown-dialect")
            request = renderer.render(facts, job.target)
            if request is None:
                return Tried(outcome=Outcome.NOTHING, at_ms=began_ms)
            tried = self.send(
                request,
                kind,
                lambda response: self._judge(renderer, facts, job.target, response),
                change_id=job.change.id,
            )
        except PushError as error:
            tried = self._failed(error.code, kind, job.change.id, began_ms, began_s)
        except Exception as error:
            log_unexpected(self._office.log, "telling of a change", error)
            tried = self._failed("push.failed-here", kind, job.change.id, began_ms, began_s)
        return tried

    def send(
        self,
        request: HttpRequest,
        kind: str,
        is_taken: Callable[[HttpResponse], bool],
        *,
        change_id: int = 0,
    ) -> Tried:
        """Send a request that is ready, and judge the answer. What ``is_taken`` raises is raised."""
        began_ms, began_s = self._office.now_ms(), time.monotonic()
        try:
            response = self._client.send(request)
        except PushError as error:
            return self._failed(error.code, kind, change_id, began_ms, began_s)
        is_good = is_taken(response)
        return Tried(
            outcome=Outcome.TOLD if is_good else Outcome.FAILED,
            at_ms=began_ms,
            took_ms=int((time.monotonic() - began_s) * 1000),
            kind=kind,
            change_id=change_id,
            status=response.status,
            reason=None if is_good else _why_not(response.status),
            answer=response.body.decode("utf-8", "replace")[:LONGEST_ANSWER].replace("\0", "�"),
            retry_after_s=read_retry_after_s(response.headers.get("retry-after")),
        )

    @staticmethod
    def _judge(renderer: Renderer, facts: Facts, to: Target, response: HttpResponse) -> bool:
        if not renderer.is_taken(facts, to, response):
            return False
        renderer.answered(facts, to, response)
        return True

    @staticmethod
    def _failed(code: str, kind: str, change_id: int, began_ms: int, began_s: float) -> Tried:
        return Tried(
            outcome=Outcome.FAILED,
            at_ms=began_ms,
            took_ms=int((time.monotonic() - began_s) * 1000),
            kind=kind,
            change_id=change_id,
            reason=code,
        )


def _why_not(status: int) -> str:
    if status == GONE:
        return "push.gone"
    return "push.redirect" if status in _REDIRECTS else "push.refused"
