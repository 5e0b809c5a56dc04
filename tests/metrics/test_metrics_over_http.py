"""``/metrics`` as monitoring reads it: strict OpenMetrics, every family that docs, rules and dashboard name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_older

from appliance.store import balance, reports, sims
from appliance.store.balance import Cause
from appliance.store.database import connect
from tests.store.stored import NOW_MS, add_message, add_sim, leave_uncertain, report, reserve_next, send
from tests.web.running import Web, problem, running_web

MONITORING = Path("docs/monitoring")
OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    settings = "[plan]\nparts_per_month = 1000\n"
    with running_web(tmp_path_factory.mktemp("box"), settings=settings) as running:
        scrape(running)  # Counters begin here.
        with closing(connect(running.data / "simloft.db")) as connection:
            fill(connection)
        yield running


def fill(connection) -> None:  # type: ignore[no-untyped-def]
    sim = add_sim(connection, 1)
    connection.execute("UPDATE sims SET label = 'A \"quoted\"\nname\\' WHERE id = ?", (sim[0],))
    add_message(connection, source="api")
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7))
    add_message(connection)
    leave_uncertain(connection, sim)
    other = add_sim(connection, 2)
    add_message(connection, priority=0)
    _, part_id = reserve_next(connection, other)
    connection.execute(
        "UPDATE parts SET state = 'refused', error_kind = 'cms', error_code = 38 WHERE id = ?", (part_id,)
    )
    sims.rest(connection, other[0], until_ms=1 << 52, reason="sim.rests-network", args={})
    for _ in range(3):
        add_message(connection, priority=2)
    question = balance.want(connection, sim[0], cause=Cause.PERSON, now_ms=NOW_MS)
    balance.add_reading(
        connection,
        sim_id=sim[0],
        question_id=question,
        units=8640,
        currency="CNY",
        decimals=2,
        raw="86.40",
        inbound_seq=None,
        at_ms=NOW_MS,
    )
    connection.execute(
        """
        INSERT INTO inbound_messages (id, sim_id, sender, text, parts_total, parts_received, complete, received_at_ms,
            completed_at_ms) VALUES ('x', ?, '+8613912345678', 'T', 1, 1, 1, ?, ?)
        """,
        (sim[0], NOW_MS, NOW_MS),
    )


def scrape(web: Web) -> dict[str, Metric]:
    answer = web.api.get(f"{web.url}/metrics", headers=OPEN_METRICS, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    return {each.name: each for each in text_string_to_metric_families(answer.text)}


def values(family: Metric, name: str | None = None) -> dict[tuple[str, ...], float]:
    wanted = name or family.name
    """By the values of the labels, in the order of the labels' names."""
    return {tuple(each.labels.values()): each.value for each in family.samples if each.name == wanted}


def test_it_says_what_happened(web: Web) -> None:
    found = scrape(web)
    assert values(found["simloft_parts_taken"], "simloft_parts_taken_total") == {("1",): 1}
    assert values(found["simloft_parts_uncertain"], "simloft_parts_uncertain_total") == {("1",): 1}
    assert values(found["simloft_part_reports"], "simloft_part_reports_total") == {("delivered", "1"): 1}
    assert values(found["simloft_inbound_messages"], "simloft_inbound_messages_total") == {("text", "1"): 1}
    errors = values(found["simloft_part_errors"], "simloft_part_errors_total")
    assert errors == {("network", "38", "cms", "2"): 1}
    assert values(found["simloft_open_messages"])[("uncertain",)] == 1
    waiting = {labels[0]: count for labels, count in values(found["simloft_queue_messages"]).items()}
    assert waiting == {"bulk": 3}
    assert values(found["simloft_queue_oldest_seconds"])[("bulk",)] > 0
    assert values(found["simloft_queue_oldest_seconds"])[("otp",)] == 0
    assert values(found["simloft_sim_balance"]) == {("CNY", "1"): 86.4}
    assert values(found["simloft_sim_plan_limit"])[("month", "1")] == 1000
    assert values(found["simloft_sim_signal_dbm"]) == {("1",): -70, ("2",): -70}
    assert values(found["simloft_ports"]) == {("ready",): 2}
    assert values(found["simloft_disk_free_bytes"])[()] > 0
    assert values(found["simloft_webhook_deliveries"]) == {("waiting",): 0, ("dead",): 0}
    assert values(found["simloft_webhook_failing"])[()] == 0


def test_names_that_people_write_are_escaped(web: Web) -> None:
    info = scrape(web)["simloft_sim"]
    names = {each.labels["name"] for each in info.samples}
    assert 'A "quoted"\nname\\' in names


def test_who_asks_for_nothing_in_particular_gets_the_older_text(web: Web) -> None:
    answer = web.api.get(f"{web.url}/metrics", timeout=60)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {each.name for each in parse_older(answer.text)}
    assert {"simloft_parts_taken", "simloft_open_messages", "process_resident_memory_bytes"} <= names


def test_it_takes_a_key(web: Web) -> None:
    answer = requests.get(f"{web.url}/metrics", headers={"Authorization": "Bearer sl_wrong"}, timeout=60)
    assert answer.status_code == 401
    assert b"simloft_" not in answer.content


def test_a_look_writes_nothing(web: Web) -> None:
    scrape(web)
    with closing(connect(web.data / "simloft.db", read_only=True)) as connection:
        before = connection.execute("PRAGMA data_version").fetchone()[0]
        for _ in range(3):
            scrape(web)
        assert connection.execute("PRAGMA data_version").fetchone()[0] == before


def test_an_unknown_parameter_is_refused(web: Web) -> None:
    problem(web.get("/metrics", name="x"), 400)


def samples_of(web: Web) -> set[str]:
    return {sample.name for family in scrape(web).values() for sample in family.samples}


NAME = re.compile(r"\bsimloft_[a-z_]+")


@pytest.mark.parametrize("file", ["alerts.yml", "grafana-dashboard.json"])
def test_what_rules_and_dashboard_ask_for_is_there(web: Web, file: str) -> None:
    text = (MONITORING / file).read_text(encoding="utf-8")
    if file.endswith(".json"):
        expressions = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    else:
        expressions = [text]
    asked = {name for each in expressions for name in NAME.findall(each)}
    assert len(asked) >= 10
    assert asked <= samples_of(web)


def test_the_page_on_monitoring_names_every_family(web: Web) -> None:
    text = (MONITORING / "README.md").read_text(encoding="utf-8")
    ours = {name for name in samples_of(web) if name.startswith("simloft_")}
    named = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in ours} - {
        "simloft_sim_plan_limit",
        "simloft_sim_plan_left",
    }
    missing = {name for name in named if name not in text and f"{name}_total" not in text}
    assert missing == set()
