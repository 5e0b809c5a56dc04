"""A receiver that takes nothing for long: people are told once; wall and metrics say it until it takes something."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from appliance.desk.alarms import WEBHOOK_FAILS_MS, Alarm
from appliance.desk.gauges import Gauges, read_gauges
from appliance.desk.tally import Tally
from appliance.store import deliveries, events, webhooks
from appliance.store.clock import now_ms
from appliance.store.deliveries import NewDelivery
from appliance.web.metrics import families
from appliance.web.office import Office
from appliance.web.outbox_worker import Outbox
from tests.store.stored import add_message
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_outbox import eventually, subscribe


def told_people(connection: sqlite3.Connection) -> list[tuple[str, object]]:
    return [
        (each.reason, each.reason_args["webhook"])
        for each in events.recent(connection, limit=50)
        if each.kind == "webhook"
    ]


def gauges_of(office: Office) -> Gauges:
    settings = office.settings
    return read_gauges(office.reader(), office.book(), settings.database, settings.data / "none", now_ms())


def test_people_are_told_once_until_it_takes_something(
    office: Office, writing: sqlite3.Connection, start: Callable[..., Outbox], receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver.url, name="till").webhook
    long_ago_ms = now_ms() - WEBHOOK_FAILS_MS
    webhooks.note_standing(writing, webhook.id, told_at_ms=None, failing_since_ms=long_ago_ms)
    start()
    eventually(lambda: told_people(writing) == [("event.webhook-failing", "till")])
    assert gauges_of(office).alarms == {Alarm.WEBHOOK: 1}
    assert gauges_of(office).failing_webhooks == 1
    assert not webhooks.note_alarm(writing, webhook.id, now_ms())
    add_message(writing)
    receiver.wait(1)
    eventually(lambda: gauges_of(office).failing_webhooks == 0)
    assert gauges_of(office).alarms == {}
    found = webhooks.find(writing, webhook.id)
    assert found is not None
    assert found.alarmed_at_ms is None
    assert len(told_people(writing)) == 1


def test_monitoring_is_told_what_nobody_was_told(office: Office, writing: sqlite3.Connection) -> None:
    aside = [
        NewDelivery(
            webhook_id=1 if is_dead else None,
            callback_id=None if is_dead else 1,
            change_id=1,
            subject="m1",
            first_at_ms=0,
            next_try_at_ms=0,
            is_dead=is_dead,
        )
        for is_dead in (True, False, False)
    ]
    deliveries.put_aside(writing, aside)
    gauges = gauges_of(office)
    counts = Tally().look(writing, now_ms())
    found = {each.name: each for each in families(counts, gauges, 0, now_ms())}
    samples = found["simloft_webhook_deliveries"].samples
    assert {each.labels["state"]: each.value for each in samples} == {"waiting": 2, "dead": 1}
