"""What Prometheus is told of a running dispatcher; the only file that imports prometheus-client.

Everything (``measures``) is read off the running parts when somebody asks, so that nothing is
formatted on the way of a message.
"""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from dispatcher.live.counting import BOUNDS_S, Timing
from dispatcher.live.desk import Desk
from dispatcher.live.measures import METRICS, METRICS_OF_PROCESS


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


class _Read(Collector):
    """Metrics that were read already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        """Return them."""
        return self._metrics


class Exposition:
    """The page of metrics.

    Parameters
    ----------
    desk
        The running dispatcher.
    """

    media_type: Final = CONTENT_TYPE_LATEST

    def __init__(self, desk: Desk) -> None:
        self._collectors = (_Fleet(desk), ProcessCollector(registry=None))

    async def page(self) -> bytes:
        """Return the page as it is now, in the text format of Prometheus.

        With many depots it takes long: others have their turn after each metric, and what was read
        is written in a thread.
        """
        found = []
        for metric in itertools.chain.from_iterable(one.collect() for one in self._collectors):
            found.append(metric)
            await asyncio.sleep(0)
        return await asyncio.to_thread(generate_latest, _Read(found))
