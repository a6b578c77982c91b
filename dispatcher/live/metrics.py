"""What Prometheus is told of a running dispatcher; the only file that imports prometheus-client.

Decides names, units and labels, all in ``METRICS``, which ``docs/monitoring.md`` is written from.
Everything is read off the running parts when somebody asks, so that nothing is formatted on the
way of a message. Base units: seconds, and plain counts that end in ``_total`` where they only grow.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from dispatcher.core.holds import HoldKind
from dispatcher.core.model import Van
from dispatcher.core.snapshot import VanRecord
from dispatcher.live.counting import BOUNDS_S, Timing
from dispatcher.live.desk import Desk
from dispatcher.live.loop import DepotLoop
from dispatcher.live.outbox import LETTERS_MAX

Presence = Literal["driving", "charging", "idle", "stuck", "away"]

Sample = tuple[tuple[str, ...], float | Timing]
"""Values of the labels, and what was counted or measured."""


@dataclass(frozen=True, slots=True)
class MetricOfDepot:
    """A metric that every depot has; ``labels`` come after the depot's id."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    samples: Callable[[DepotLoop], Iterable[Sample]]


def _one(read: Callable[[DepotLoop], float | Timing]) -> Callable[[DepotLoop], Iterable[Sample]]:
    """Return what reads a metric without further labels."""
    return lambda depot: (((), read(depot)),)


def _parcels(depot: DepotLoop) -> Iterator[Sample]:
    for status, count in depot.status.overview.parcels if depot.status.overview else ():
        yield (status.value,), count


def _trips(depot: DepotLoop) -> Iterator[Sample]:
    for status, count in depot.status.overview.trips if depot.status.overview else ():
        yield (status,), count


def _vans(depot: DepotLoop) -> Iterator[Sample]:
    counted = dict.fromkeys(get_args(Presence), 0)
    for van in depot.status.overview.vans if depot.status.overview else ():
        counted[presence_of(van)] += 1
    return (((presence,), count) for presence, count in counted.items())


def _on_duty_count(depot: DepotLoop) -> int:
    seen = depot.status.overview
    shifts = [(van.setup.shift_start, van.setup.shift_end) for van in seen.vans] if seen else []
    return sum(start <= depot.stepper.now < end for start, end in shifts)


def _holds(depot: DepotLoop) -> Iterator[Sample]:
    overview = depot.status.overview
    counted = Counter(hold.kind for hold in overview.holds) if overview else {}
    return (((kind.value,), counted.get(kind, 0)) for kind in HoldKind)


def presence_of(van: VanRecord | Van) -> Presence:
    """Return what a van does, as far as we know."""
    if not van.known:
        return "away"
    if van.stuck:
        return "stuck"
    if van.charging:
        return "charging"
    return "idle" if van.trip_id is None else "driving"


METRICS: Final[Sequence[MetricOfDepot]] = (
    MetricOfDepot(
        "robovan_events_total",
        "counter",
        "events handled since the depot's journal began",
        (),
        _one(lambda depot: depot.stepper.sequence),
    ),
    MetricOfDepot(
        "robovan_starts_total",
        "counter",
        "how often the dispatcher was started on this journal",
        (),
        _one(lambda depot: depot.stepper.started_count),
    ),
    MetricOfDepot(
        "robovan_messages_total",
        "counter",
        "messages heard in this run; kind is the end of the topic",
        ("kind",),
        lambda depot: (((kind,), count) for kind, count in sorted(depot.counts.heard.items())),
    ),
    MetricOfDepot(
        "robovan_messages_refused_total",
        "counter",
        "messages that nothing came of: invalid, wrong_serial, unknown_version, old, overtaken (by "
        "a newer one of its van while it waited), inbox_full (a warehouse's at QoS 0: lost); with "
        "an empty depot too_large, too_many_nodes, too_fast (the same while it was held for its "
        "van's pace), retained (a state, cancellation or loading of some time ago), unknown_topic, "
        "unknown_van",
        ("cause",),
        lambda depot: (((why,), count) for why, count in sorted(depot.counts.refused.items())),
    ),
    MetricOfDepot(
        "robovan_messages_flagged_total",
        "counter",
        "vans' messages that count although they are odd: clock_off (ours stands in for it), "
        "not_located (no place on our map, so the van stays unknown), factsheet (the van can do "
        "less than the fleet file says)",
        ("cause",),
        lambda depot: (((why,), count) for why, count in sorted(depot.counts.flagged.items())),
    ),
    MetricOfDepot(
        "robovan_journal_unwritable",
        "gauge",
        "1 while the journal cannot be written and nothing is taken up, else 0",
        (),
        _one(lambda depot: depot.writer.trouble is not None),
    ),
    MetricOfDepot(
        "robovan_journal_failures_total",
        "counter",
        "writes of the journal that failed in this run, and were tried again",
        (),
        _one(lambda depot: depot.counts.journal_failures),
    ),
    MetricOfDepot(
        "robovan_inbox_messages",
        "gauge",
        "messages of warehouses and requests that wait to be handled",
        (),
        _one(lambda depot: depot.inbox.message_count),
    ),
    MetricOfDepot(
        "robovan_inbox_messages_limit",
        "gauge",
        "when so many wait, requests are turned away, and warehouses' messages at QoS 0",
        (),
        _one(lambda depot: depot.inbox.messages_max),
    ),
    MetricOfDepot(
        "robovan_inbox_arrivals",
        "gauge",
        "all that waits to be handled; what vans say included, each van once",
        (),
        _one(lambda depot: len(depot.inbox)),
    ),
    MetricOfDepot(
        "robovan_outbox_messages",
        "gauge",
        "messages that wait for the broker to take them",
        (),
        _one(lambda depot: len(depot.outbox)),
    ),
    MetricOfDepot(
        "robovan_outbox_messages_limit",
        "gauge",
        "when so many wait, nothing more is handled until some are out",
        (),
        _one(lambda _: LETTERS_MAX),
    ),
    MetricOfDepot(
        "robovan_lag_seconds",
        "gauge",
        "how old the latest message was when all was decided about it, in the world's time",
        (),
        _one(lambda depot: depot.lag.now_s),
    ),
    MetricOfDepot(
        "robovan_lag_max_seconds",
        "gauge",
        "the same at worst in this run",
        (),
        _one(lambda depot: depot.lag.max_s),
    ),
    MetricOfDepot(
        "robovan_message_lag_seconds",
        "histogram",
        "how old messages were when all was decided about them, in the world's time",
        (),
        _one(lambda depot: depot.lag.timing),
    ),
    MetricOfDepot(
        "robovan_journal_write_seconds",
        "histogram",
        "durable writes of the journal",
        (),
        _one(lambda depot: depot.counts.journal_write),
    ),
    MetricOfDepot(
        "robovan_orders_unconfirmed",
        "gauge",
        "vans that were told something they have not confirmed",
        (),
        _one(lambda depot: depot.orders.unconfirmed_count),
    ),
    MetricOfDepot(
        "robovan_vans",
        "gauge",
        "vans by presence: driving, charging, idle, stuck, away",
        ("presence",),
        _vans,
    ),
    MetricOfDepot(
        "robovan_vans_on_duty",
        "gauge",
        "vans in their shift; the others are given trips when theirs begins",
        (),
        _one(_on_duty_count),
    ),
    MetricOfDepot(
        "robovan_parcels", "gauge", "parcels that are known, by status", ("status",), _parcels
    ),
    MetricOfDepot(
        "robovan_parcels_forgotten_total",
        "counter",
        "parcels and refused announcements that are known no more: they ended keep_ended_s ago",
        (),
        _one(lambda depot: depot.status.overview.forgotten if depot.status.overview else 0),
    ),
    MetricOfDepot(
        "robovan_holds", "gauge", "holds in force, by kind: van, parcel, depot", ("kind",), _holds
    ),
    MetricOfDepot("robovan_trips", "gauge", "trips by status", ("status",), _trips),
    MetricOfDepot(
        "robovan_questions_open",
        "gauge",
        "questions that the planner has not answered",
        (),
        _one(lambda depot: depot.question_count),
    ),
    MetricOfDepot(
        "robovan_solves_total",
        "counter",
        "answers of the planner; kind: plan, forecast; outcome: answered, failed",
        ("kind", "outcome"),
        lambda depot: ((key, count) for key, count in sorted(depot.counts.solves.items())),
    ),
    MetricOfDepot(
        "robovan_solve_seconds",
        "histogram",
        "from question to answer, waiting for a worker included",
        ("kind",),
        lambda depot: (((kind,), timing) for kind, timing in depot.counts.solve.items()),
    ),
)
"""All metrics with a label ``depot``."""

METRICS_OF_PROCESS: Final = (
    ("robovan_ready", "gauge", "1 when `/readyz` says so, else 0"),
    ("robovan_broker_connected", "gauge", "1 while the broker is connected, else 0"),
    ("robovan_broker_connections_total", "counter", "connections to the broker that came about"),
    ("robovan_states_connected", "gauge", "the same for the connection of vans' states"),
    ("robovan_states_connections_total", "counter", "such connections that came about"),
    ("robovan_states_dropped_total", "counter", "vans' oldest states dropped as too many waited"),
    ("robovan_workers_ready", "gauge", "1 when a question waits for no planning worker to start"),
    ("robovan_clock_off", "gauge", "1 while the machine's clock was set and all waits, else 0"),
    ("robovan_clock_ahead_seconds", "gauge", "the machine's clock, less the time that is counted"),
    ("robovan_loop_delay_seconds", "histogram", "how long what was due waited for the event loop"),
    ("robovan_loop_delay_max_seconds", "gauge", "the same at worst in this run"),
)
"""All metrics without labels, in the order in which ``_of_process`` reads them."""


class _Fleet(Collector):
    """Reads the metrics off the running dispatcher."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with what it is now."""
        yield from self._of_process()
        depots = self._desk.depots.items() if self._desk.is_replayed else ()
        for metric in METRICS:
            family = _family(metric.kind, metric.name, metric.meaning, ("depot", *metric.labels))
            for depot_id, depot in depots:
                for labels, value in metric.samples(depot):
                    _add(family, (depot_id, *labels), value)
            if metric.name == "robovan_messages_refused_total":
                for cause, count in sorted(self._desk.counts.refused.items()):
                    _add(family, ("", cause), count)
            yield family

    def _of_process(self) -> Iterator[Metric]:
        around, states = self._desk.around, self._desk.states
        values: tuple[float | Timing, ...] = (
            not self._desk.causes(),
            around.link.is_connected,
            around.link.connection_count,
            states.is_connected,
            states.connection_count,
            states.dropped_count,
            around.solver.is_ready,
            around.world.trouble is not None,
            around.world.machine_ahead_s,
            self._desk.pulse.delays,
            self._desk.pulse.delay_s_max,
        )
        for (name, kind, meaning), value in zip(METRICS_OF_PROCESS, values, strict=True):
            family = _family(kind, name, meaning, ())
            _add(family, (), value)
            yield family


def _family(
    kind: str, name: str, meaning: str, labels: Sequence[str]
) -> CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily:
    if kind == "counter":
        return CounterMetricFamily(name, meaning, labels=labels)
    if kind == "gauge":
        return GaugeMetricFamily(name, meaning, labels=labels)
    return HistogramMetricFamily(name, meaning, labels=labels)


def _add(
    family: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily,
    labels: Sequence[str],
    value: float | Timing,
) -> None:
    if isinstance(family, HistogramMetricFamily):
        assert isinstance(value, Timing)
        family.add_metric(labels, _buckets(value), value.sum_s)
    else:
        assert not isinstance(value, Timing)
        family.add_metric(labels, value)


def _buckets(timing: Timing) -> list[tuple[str, float]]:
    """Return how many durations were at most as long as each bound."""
    found: list[tuple[str, float]] = []
    so_far = 0
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), timing.counts, strict=True):
        so_far += count
        found.append((bound, so_far))
    return found


class Exposition:
    """The page of metrics.

    Parameters
    ----------
    desk
        The running dispatcher.
    """

    media_type: Final = CONTENT_TYPE_LATEST

    def __init__(self, desk: Desk) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Fleet(desk))
        ProcessCollector(registry=self._registry)

    def page(self) -> bytes:
        """Return the page as it is now, in the text format of Prometheus."""
        return generate_latest(self._registry)
