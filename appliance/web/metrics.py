"""What is measured, as the families of OpenMetrics 1.0 (``prometheus-client`` writes them).

Base units (seconds, octets), counters end in ``_total``. ``sim`` is the number of the SIM in the box and stays,
whatever it is called and wherever it is plugged in; its name, card and place are in ``simloft_sim_info`` to be joined.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from appliance.desk.alarms import Alarm
from appliance.desk.gauges import Gauges, SimGauges
from appliance.desk.submission import Priority
from appliance.desk.tally import Counts, Histogram
from appliance.modem.errors import Blame, ModemError
from appliance.store.life import MessageState

_VERSION = importlib.metadata.version("simloft")


def families(counts: Counts, gauges: Gauges, since_ms: int, now_ms: int) -> Iterator[Metric]:
    """Every family; ``since_ms`` is when the counters began."""
    yield InfoMetricFamily("simloft_build", "The program.", {"version": _VERSION})
    yield from _counters(counts, since_ms / 1000)
    yield from _histograms(counts)
    yield from _queue(gauges, now_ms)
    yield from _sims(gauges.sims)
    yield from _box(gauges)


def _counters(counts: Counts, created_s: float) -> Iterator[Metric]:
    def counter(
        name: str, meaning: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], int]]
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(name, meaning, labels=labels)
        for of, value in values:
            family.add_metric(of, value, created=created_s)
        return family

    yield counter(
        "simloft_messages_accepted",
        "Messages that were accepted.",
        ("source", "account", "priority"),
        (
            ((source, str(account), _priority(priority)), value)
            for (source, account, priority), value in counts.accepted.items()
        ),
    )
    yield counter(
        "simloft_inbound_messages",
        "Messages that were received.",
        ("sim", "kind"),
        (((str(sim), kind), value) for (sim, kind), value in counts.received.items()),
    )
    by_sim = (
        ("simloft_parts_submitted", "Parts that were given to a modem.", counts.submitted),
        ("simloft_parts_taken", "Parts that the network took.", counts.taken),
        (
            "simloft_parts_uncertain",
            "Parts of which nobody could say at first whether they went.",
            counts.uncertain,
        ),
    )
    for name, meaning, values in by_sim:
        yield counter(name, meaning, ("sim",), (((str(sim),), value) for sim, value in values.items()))
    yield counter(
        "simloft_part_errors",
        "Parts that were refused, by whose fault it was, kind and number of the error (TS 27.005 §3.2.5).",
        ("sim", "class", "kind", "code"),
        (
            ((str(sim), _class(kind, code), kind, code), value)
            for (sim, kind, code), value in counts.refused.items()
        ),
    )
    yield counter(
        "simloft_part_reports",
        "Final delivery reports.",
        ("sim", "outcome"),
        (((str(sim), outcome), value) for (sim, outcome), value in counts.reported.items()),
    )


def _histograms(counts: Counts) -> Iterator[Metric]:
    yield _histogram(
        "simloft_part_answer_seconds",
        "From giving a part to the modem to its answer.",
        "sim",
        {str(sim): each for sim, each in counts.answer.items()},
    )
    yield _histogram(
        "simloft_delivery_seconds",
        "From the network's answer to the delivery report.",
        "sim",
        {str(sim): each for sim, each in counts.delivery.items()},
    )
    yield _histogram(
        "simloft_message_wait_seconds",
        "From acceptance, or the time that was asked for, to the first modem.",
        "priority",
        {_priority(priority): each for priority, each in counts.wait.items()},
    )


def _histogram(name: str, meaning: str, label: str, values: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, meaning, labels=(label,), unit="seconds")
    for of, histogram in values.items():
        buckets = [
            ("+Inf" if bound == float("inf") else str(bound), count)
            for bound, count in histogram.cumulative()
        ]
        family.add_metric((of,), buckets, histogram.sum_s)
    return family


def _queue(gauges: Gauges, now_ms: int) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "simloft_queue_messages",
        "Messages that wait, by priority and reason; of a long queue about the first 20,000.",
        labels=("priority", "reason"),
    )
    for (priority, reason), value in gauges.waiting.items():
        waiting.add_metric((_priority(priority), reason), value)
    yield waiting
    age = GaugeMetricFamily(
        "simloft_queue_oldest_seconds",
        "Age of the oldest message that is due; 0 where none is.",
        labels=("priority",),
        unit="seconds",
    )
    for priority in Priority:
        since_ms = gauges.oldest_due_ms.get(priority, now_ms)
        age.add_metric((priority.name.lower(),), max(0, now_ms - since_ms) / 1000)
    yield age
    states = GaugeMetricFamily(
        "simloft_open_messages",
        "Messages that are not over, by state; counted up to 20,000.",
        labels=("state",),
    )
    for state in (MessageState.HELD, MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN):
        states.add_metric((state.value,), gauges.open_messages.get(state, 0))
    yield states


def _sims(sims: tuple[SimGauges, ...]) -> Iterator[Metric]:
    info = InfoMetricFamily("simloft_sim", "What a SIM is called and where it is.", labels=("sim",))
    ready = GaugeMetricFamily("simloft_sim_ready", "1: it would begin a message now.", labels=("sim",))
    held = GaugeMetricFamily("simloft_sim_held", "1: why it begins none.", labels=("sim", "reason"))
    signal = GaugeMetricFamily("simloft_sim_signal_dbm", "Signal strength.", labels=("sim",))
    used = GaugeMetricFamily("simloft_sim_plan_used", "Used of a limit of its plan.", labels=("sim", "limit"))
    most = GaugeMetricFamily("simloft_sim_plan_limit", "A limit of its plan.", labels=("sim", "limit"))
    left = GaugeMetricFamily("simloft_sim_plan_left", "Left of a limit of its plan.", labels=("sim", "limit"))
    money = GaugeMetricFamily(
        "simloft_sim_balance", "Balance, as it was read last.", labels=("sim", "currency")
    )
    money_at = GaugeMetricFamily(
        "simloft_sim_balance_read_timestamp_seconds", "When that was.", labels=("sim",), unit="seconds"
    )
    for each in sims:
        sim = (str(each.card.id),)
        info.add_metric(sim, _info(each))
        ready.add_metric(sim, int(each.may_send))
        if each.left.holds is not None:
            held.add_metric((*sim, each.left.holds.code), 1)
        if each.port.rssi_dbm is not None:
            signal.add_metric(sim, each.port.rssi_dbm)
        for use in each.left.uses:
            limit = (*sim, use.limit.value)
            used.add_metric(limit, use.used)
            most.add_metric(limit, use.most)
            left.add_metric(limit, use.left)
        if each.amount is not None and each.amount_at_ms is not None:
            money.add_metric((*sim, each.amount.currency), each.amount.units / 10**each.amount.decimals)
            money_at.add_metric(sim, each.amount_at_ms / 1000)
    yield from (info, ready, held, signal, used, most, left, money, money_at)


def _info(sim: SimGauges) -> dict[str, str]:
    return {
        "name": sim.card.name,
        "iccid": sim.card.iccid or "",
        "carrier": sim.left.standing.carrier_id,
        "operator": sim.port.operator or "",
        "port": sim.port.label or sim.port.name,
    }


def _box(gauges: Gauges) -> Iterator[Metric]:
    ports = GaugeMetricFamily("simloft_ports", "Places for modems by state.", labels=("state",))
    for state, count in gauges.port_states.items():
        ports.add_metric((state,), count)
    yield ports
    raised = GaugeMetricFamily(
        "simloft_alarms", "Places, SIMs and webhooks with a matter that needs a person.", labels=("alarm",)
    )
    for alarm in Alarm:
        raised.add_metric((alarm.value,), gauges.alarms.get(alarm, 0))
    yield raised
    yield from _webhooks(gauges)
    sizes = gauges.sizes
    for name, meaning, octets in (
        ("simloft_database_bytes", "The database.", sizes.database),
        ("simloft_database_log_bytes", "Its write-ahead log.", sizes.log),
        ("simloft_recordings_bytes", "Recordings of lines.", sizes.recordings),
        ("simloft_disk_free_bytes", "Free on the disk of the database.", sizes.disk_free),
    ):
        yield GaugeMetricFamily(name, meaning, value=octets, unit="bytes")


def _webhooks(gauges: Gauges) -> Iterator[Metric]:
    untold = GaugeMetricFamily(
        "simloft_webhook_deliveries",
        "What webhooks and callbacks were not told: waiting to be tried again, or dead; counted up to 20,000.",
        labels=("state",),
    )
    untold.add_metric(("waiting",), gauges.untold.waiting)
    untold.add_metric(("dead",), gauges.untold.dead)
    yield untold
    yield GaugeMetricFamily(
        "simloft_webhook_failing",
        "Webhooks that took nothing when they were tried last.",
        value=gauges.failing_webhooks,
    )


def _class(kind: str, code: str) -> str:
    """Whose fault a refusal was. What never reached the network ('line') is the modem's."""
    if kind not in ("cms", "cme"):
        return Blame.MODEM.value
    return ModemError("cms" if kind == "cms" else "cme", int(code) if code else None, "").blame.value


def _priority(priority: int) -> str:
    return Priority(priority).name.lower()
