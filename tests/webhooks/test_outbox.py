"""Others are told of changes: signed, in order, at least once, and nobody waits for who does not answer."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from appliance.desk import webhooks as desk
from appliance.desk.outbox import (
    SCHEDULE_S,
    Facts,
    HttpRequest,
    HttpResponse,
    OutboxRules,
    Target,
    is_2xx,
    next_try_ms,
    read_retry_after_s,
)
from appliance.desk.webhook_secrets import Vault
from appliance.desk.webhooks import Made
from appliance.desk.who import Source, Who
from appliance.store import changes, deliveries, messages, webhooks
from appliance.store.clock import now_ms
from appliance.web.api_webhooks import send_test
from appliance.web.office import Office
from appliance.web.outbox_upkeep import keep_house
from appliance.web.outbox_worker import Outbox
from appliance.web.renderers import RENDERERS
from tests.store.stored import add_message
from tests.webhooks.receiver import Receiver, Reply, raw_server

Start = Callable[..., Outbox]
WHO = Who(Source.CLI)


def subscribe(office: Office, url: str, **members: Any) -> Made:
    made = desk.create_webhook(
        office.writer,
        Vault(office.settings.data),
        office.settings.outbox,
        WHO,
        {"url": url, **members},
        now_ms=now_ms(),
    )
    assert isinstance(made, Made), made
    return made


def cancel(connection: sqlite3.Connection, seq: int) -> None:
    message = messages.of_seq(connection, seq)
    assert message is not None
    assert messages.cancel(connection, message.id, now_ms())


def eventually(condition: Callable[[], object], limit_s: float = 15.0) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_a_subscription_is_told_of_each_step_signed_and_in_order(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    start()
    made = subscribe(office, receiver.url)
    seqs = [add_message(writing) for _ in range(20)]
    for seq in seqs:
        cancel(writing, seq)
    calls = receiver.wait(40)
    told = [each.verified(made.secret) for each in calls]
    assert len({each.id for each in calls}) == 40
    by_message: dict[str, list[str]] = {}
    for each in told:
        by_message.setdefault(each["data"]["id"], []).append(each["type"])
        assert each["data"]["state"] == each["type"].removeprefix("message.")
    assert len(by_message) == 20
    assert set(map(tuple, by_message.values())) == {("message.queued", "message.cancelled")}
    with pytest.raises(WebhookVerificationError):
        calls[0].verified("whsec_" + "A" * 44)
    eventually(lambda: deliveries.told_id(writing) == changes.newest_id(writing))
    assert writing.execute("SELECT count(*) FROM deliveries").fetchone()[0] == 0


def test_only_what_was_asked_for_is_told(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    start()
    writing.execute("INSERT INTO accounts (id, name) VALUES (7, 'shop')")
    subscribe(office, receiver.url, kinds=("message.cancelled", "inbound"), account=7)
    others, own = add_message(writing), add_message(writing, account_id=7)
    cancel(writing, others)
    cancel(writing, own)
    calls = receiver.wait(1)
    eventually(lambda: deliveries.told_id(writing) == changes.newest_id(writing), 5)
    assert [b'"message.cancelled"' in each.body for each in calls] == [True]
    assert len(receiver.calls) == 1


def test_what_failed_is_told_again_under_the_same_id_and_the_next_step_waits_for_it(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    start()
    fails = threading.Event()
    receiver.answer = lambda _: Reply(204 if fails.is_set() else 500, body=b"")
    made = subscribe(office, receiver.url)
    seq = add_message(writing)
    receiver.wait(1)
    cancel(writing, seq)
    receiver.wait(2)
    fails.set()
    receiver.wait(4)
    eventually(lambda: not writing.execute("SELECT 1 FROM deliveries").fetchone())
    calls = receiver.calls
    kinds = [each.verified(made.secret)["type"] for each in calls]
    assert kinds[-1] == "message.cancelled"
    assert set(kinds[:-1]) == {"message.queued"}
    assert len({each.id for each in calls[:-1]}) == 1
    # Each try has its own time, which is signed.
    assert {each.headers["webhook-timestamp"] for each in calls}


def test_what_is_never_taken_is_dead_after_the_whole_schedule_and_can_be_sent_again(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    object.__setattr__(office.settings, "outbox", OutboxRules(give_up_after_s=1, allow_loopback=True))
    outbox = start()
    receiver.answer = lambda _: Reply(500, body=b"no such table")
    webhook = subscribe(office, receiver.url).webhook
    add_message(writing)
    eventually(lambda: deliveries.counts(writing, webhook.id, 10).dead == 1)
    dead = deliveries.page(writing, webhook.id, "dead", limit=5)[0]
    assert dead.tries == len(SCHEDULE_S) + 1
    assert (dead.status, dead.reason, dead.answer) == (500, "push.refused", "no such table")
    assert not outbox.recent(webhook.id)[0].is_told
    eventually(lambda: webhooks.list_webhooks(writing)[0].failing_since_ms is not None)
    receiver.answer = lambda _: Reply()
    before = len(receiver.calls)
    assert desk.resend(office.writer, WHO, webhook.id, now_ms=now_ms(), delivery_id=dead.id) == 1
    outbox.ring()
    receiver.wait(before + 1)
    eventually(lambda: deliveries.counts(writing, webhook.id, 10) == deliveries.Counts(0, 0))
    eventually(lambda: webhooks.list_webhooks(writing)[0].failing_since_ms is None)


def test_a_receiver_that_wants_nothing_more_is_switched_off(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    start()
    receiver.answer = lambda _: Reply(410)
    subscribe(office, receiver.url)
    add_message(writing)
    eventually(lambda: not webhooks.list_webhooks(writing)[0].is_on)
    assert webhooks.list_webhooks(writing)[0].off_reason == "push.gone"
    add_message(writing)
    cancel(writing, add_message(writing))
    time.sleep(0.3)
    assert len(receiver.calls) == 1


def test_who_says_when_to_come_back_is_left_alone_until_then(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    start()
    answers = [Reply(503, (("Retry-After", "2"),))]
    receiver.answer = lambda _: answers.pop() if answers else Reply()
    subscribe(office, receiver.url)
    add_message(writing)
    first = receiver.wait(1)[0]
    add_message(writing)
    again = receiver.wait(3)[1]
    assert again.at_s - first.at_s >= 1.9


def test_a_redirect_is_not_followed(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    other = Receiver()
    outbox = start()
    receiver.answer = lambda _: Reply(307, (("Location", other.url),))
    webhook = subscribe(office, receiver.url).webhook
    add_message(writing)
    receiver.wait(1)
    eventually(lambda: outbox.recent(webhook.id))
    assert outbox.recent(webhook.id)[0].reason == "push.redirect"
    assert other.calls == []
    other.close()


def test_who_does_not_answer_holds_up_nobody_else(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    def silent(line: socket.socket) -> None:
        while line.recv(65536):
            pass

    def dribbling(line: socket.socket) -> None:
        line.recv(65536)
        while True:
            line.sendall(b"H")
            time.sleep(0.1)

    def endless(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)

    outbox = start()
    with raw_server(silent) as first, raw_server(dribbling) as second, raw_server(endless) as third:
        hooks = [subscribe(office, url).webhook for url in (first, second, third)]
        subscribe(office, receiver.url)
        began_s = time.monotonic()
        for _ in range(100):
            add_message(writing)
        calls = receiver.wait(100, 10)
        assert calls[-1].at_s - began_s < 5
        eventually(lambda: all(outbox.recent(each.id) for each in hooks))
        reasons = [outbox.recent(each.id)[-1].reason for each in hooks]
        assert reasons == ["push.no-answer", "push.no-answer", None]
        limit_ms = office.settings.outbox.answer_timeout_s * 1000
        assert all(each.took_ms < limit_ms + 700 for hook in hooks for each in outbox.recent(hook.id))


def test_where_nobody_listens_little_is_tried_and_all_is_told_when_somebody_does(
    office: Office, writing: sqlite3.Connection, start: Start
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outbox = start()
    webhook = subscribe(office, f"http://127.0.0.1:{port}/hook").webhook
    for _ in range(200):
        add_message(writing)
    eventually(lambda: deliveries.told_id(writing) == changes.newest_id(writing))
    assert len(outbox.recent(webhook.id)) < 50
    assert outbox.recent(webhook.id)[0].reason == "push.no-connection"
    came: list[bytes] = []

    def take(line: socket.socket) -> None:
        while got := line.recv(65536):
            came.extend([got] * got.count(b"POST "))
            line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n" * got.count(b"POST "))

    with socket.create_server(("127.0.0.1", port)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    threading.Thread(target=take, args=(line,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        eventually(lambda: len(came) >= 200)
        eventually(lambda: deliveries.counts(writing, webhook.id, 10) == deliveries.Counts(0, 0))


def test_what_was_not_told_at_a_stop_is_told_after_the_next_start(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    made = subscribe(office, receiver.url)
    add_message(writing)
    start()
    assert receiver.wait(1)[0].verified(made.secret)["type"] == "message.queued"


def test_a_test_shows_the_answer_and_both_secrets_sign_for_a_day(office: Office, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(200, body=b"hello box")
    made = subscribe(office, receiver.url)
    tried = send_test(office, made.webhook)
    assert (tried.is_told, tried.status, tried.answer) == (True, 200, "hello box")
    newer = desk.rotate_secret(
        office.writer, Vault(office.settings.data), WHO, made.webhook.id, now_ms=now_ms()
    )
    assert isinstance(newer, Made)
    send_test(office, newer.webhook)
    newest = desk.rotate_secret(
        office.writer, Vault(office.settings.data), WHO, made.webhook.id, now_ms=now_ms(), at_once=True
    )
    assert isinstance(newest, Made)
    send_test(office, newest.webhook)
    first, second, third = receiver.calls
    assert first.verified(made.secret)["type"] == "webhook.test"
    assert second.verified(made.secret)
    assert second.verified(newer.secret)
    with pytest.raises(WebhookVerificationError):
        third.verified(newer.secret)
    assert third.verified(newest.secret)
    copied = office.settings.database.read_bytes()
    assert made.secret.encode() not in copied


class Plain:
    """A dialect of the tests: a GET with the state, whose answer is noted."""

    answers: list[str]

    def __init__(self, office: Office) -> None:
        self.answers = []

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        if facts.message is None or facts.message.state.value not in str(to.options["states"]):
            return None
        return HttpRequest(method="GET", url=f"{to.url}?state={facts.message.state.value}")

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        return is_2xx(response)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        self.answers.append(response.body.decode())


def test_a_dialect_tells_of_one_message_in_its_own_form_and_hears_the_answer(
    office: Office, writing: sqlite3.Connection, start: Start, receiver: Receiver
) -> None:
    plain = Plain(office)
    receiver.answer = lambda _: Reply(200, body=b"thanks")
    start(renderers={**RENDERERS, "plain": lambda _: plain})
    writing.execute("BEGIN IMMEDIATE")
    seq = add_message(writing)
    webhooks.add_callback(
        writing, seq, "plain", receiver.url, {"states": "cancelled delivered"}, now_ms=now_ms()
    )
    writing.execute("COMMIT")
    add_message(writing)
    cancel(writing, seq)
    assert [each.path for each in receiver.wait(1)] == ["/hook?state=cancelled"]
    eventually(lambda: plain.answers == ["thanks"])
    far_ms = now_ms() + 100 * 86_400_000
    office.writer.write_blocking(lambda connection: keep_house(connection, far_ms, 0, 0))
    assert not changes.is_recording(writing)


def test_the_schedule_goes_over_a_day_with_jitter() -> None:
    rules = OutboxRules()
    instants = [next_try_ms(tries, 0, 0, rules, 0.0) for tries in range(1, 11)]
    assert instants == [*(each * 1000 for each in SCHEDULE_S), None]
    late = next_try_ms(3, 0, 0, rules, 1.0)
    assert late is not None
    assert 1_800_000 < late <= 1_980_000
    assert [read_retry_after_s(each) for each in ("7", "99999999999", "soon", "-1", None)] == [
        7,
        6 * 3600,
        None,
        None,
        None,
    ]
