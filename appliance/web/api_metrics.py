"""``/metrics``: what monitoring (Prometheus and its kin) reads."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import PROCESS_COLLECTOR
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from appliance.desk.gauges import read_gauges
from appliance.store.recordings import DIRECTORY
from appliance.web.answer import Answer, problem_answer
from appliance.web.asked import Asked
from appliance.web.metrics import families
from appliance.web.office import Office
from appliance.web.problem import Problem


def metrics(office: Office, asked: Asked) -> Answer:
    """Everything that is measured, in OpenMetrics or, for who asks for no such thing, Prometheus' older text."""
    asked.query()
    office.look()
    encode, content_type = choose_encoder(asked.headers.get("accept", ""))
    reader, now_ms, settings = office.reader(), office.now_ms(), office.settings
    gauges = read_gauges(reader, office.book(), settings.database, settings.data / DIRECTORY, now_ms)
    with office.tally.lock:
        counts = office.tally.look(reader, now_ms)
        body = encode(_Once(families(counts, gauges, office.tally.since_ms, now_ms)))
    return Answer(body, content_type=content_type)


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """No page: no person reads this address."""
    return problem_answer(problem, problem.as_json(asked.language))


class _Once(Collector):
    """What was read just now, and what the system says of this process."""

    def __init__(self, found: Iterator[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found
        yield from PROCESS_COLLECTOR.collect()
