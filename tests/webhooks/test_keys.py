"""Nothing is told in the name of a key that does not hold any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from appliance.desk import webhooks as desk
from appliance.desk.who import Source, Who
from appliance.store import changes, deliveries, keys, webhooks
from appliance.store.clock import now_ms
from appliance.store.keys import Terms
from appliance.store.webhooks import Webhook
from appliance.web.office import Office
from appliance.web.outbox_worker import Outbox
from appliance.web.renderers import RENDERERS
from tests.store.stored import add_message
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_outbox import WHO, Plain, cancel, eventually, subscribe


def of_key(connection: sqlite3.Connection, webhook: Webhook, **terms: int) -> int:
    """The webhook is one that a key made."""
    key_id = keys.add(connection, Terms(name="till", **terms), keys.new_key(), now_ms())  # type: ignore[arg-type]
    connection.execute("UPDATE webhooks SET api_key_id = ? WHERE id = ?", (key_id, webhook.id))
    return key_id


def off_reason(connection: sqlite3.Connection, webhook: Webhook) -> str | None:
    found = webhooks.find(connection, webhook.id)
    assert found is not None
    return None if found.is_on else found.off_reason


def test_a_webhook_ends_with_its_key_until_somebody_else_takes_it(
    office: Office, writing: sqlite3.Connection, start: Callable[..., Outbox], receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver.url).webhook
    key_id = of_key(writing, webhook)
    start()
    add_message(writing)
    receiver.wait(1)
    keys.revoke_key(writing, key_id, now_ms())
    add_message(writing)
    eventually(lambda: off_reason(writing, webhook) == "push.key-revoked")
    desk.change_webhook(
        office.writer, office.settings.outbox, Who(Source.CLI), webhook.id, {"is_on": True}, now_ms=now_ms()
    )
    add_message(writing)
    receiver.wait(2)
    eventually(lambda: deliveries.told_id(writing) == changes.newest_id(writing))
    assert len(receiver.calls) == 2
    found = webhooks.find(writing, webhook.id)
    assert found is not None
    assert (found.is_on, found.api_key_id) == (True, WHO.api_key_id)


def test_a_webhook_ends_when_the_time_of_its_key_is_over(
    office: Office, writing: sqlite3.Connection, start: Callable[..., Outbox], receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver.url).webhook
    of_key(writing, webhook, expires_at_ms=now_ms() + 300)
    start()
    eventually(lambda: off_reason(writing, webhook) == "push.key-expired")


def test_callbacks_end_with_the_key_that_sent_their_message(
    office: Office, writing: sqlite3.Connection, start: Callable[..., Outbox], receiver: Receiver
) -> None:
    plain = Plain(office)
    start(renderers={**RENDERERS, "plain": lambda _: plain})
    ids = [keys.add(writing, Terms(name=name), keys.new_key(), now_ms()) for name in ("ends", "stays")]
    seqs = []
    for key_id in ids:
        writing.execute("BEGIN IMMEDIATE")
        seq = add_message(writing, api_key_id=key_id)
        webhooks.add_callback(
            writing, seq, "plain", f"{receiver.url}/{key_id}", {"states": "cancelled"}, now_ms=now_ms()
        )
        writing.execute("COMMIT")
        seqs.append(seq)
    keys.revoke_key(writing, ids[0], now_ms())
    for seq in seqs:
        cancel(writing, seq)
    receiver.wait(1)
    eventually(lambda: deliveries.told_id(writing) == changes.newest_id(writing))
    assert [each.path for each in receiver.calls] == [f"/hook/{ids[1]}?state=cancelled"]
