"""Messages on their way between dispatcher, vans and warehouses: late, lost, doubled, overtaken.

Decides what the network does to each message, from named streams of the seed. Messages are
objects; who hears one is a function. On one line messages arrive in the order in which they were
sent, but for those that are late or doubled. At QoS 1 the broker keeps what it cannot hand over; at
QoS 0 it is lost while the broker or the line is away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maps.units import Instant
from simulations.rng import Streams
from simulations.world.agenda import Act, Agenda


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, its begin included and its end not."""

    begin: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Network:
    """How messages fare (all assumed).

    Attributes
    ----------
    delay_ms, delay_spread
        Median of a message's way, and the standard deviation of its logarithm.
    lost_ratio, doubled_ratio
        Share of messages that never arrive, and that arrive twice.
    late_ratio, late_ms_max
        Share that takes up to so much longer, so that others overtake it.
    broker_away
        When nobody can speak to anybody.
    line_away
        When one van's line is dead, by its id.
    """

    delay_ms: int = 60
    delay_spread: float = 0.4
    lost_ratio: float = 0.0
    doubled_ratio: float = 0.0
    late_ratio: float = 0.0
    late_ms_max: int = 2000
    broker_away: tuple[Span, ...] = ()
    line_away: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)


class Post:
    """Carries messages through a day.

    Parameters
    ----------
    agenda, streams
        Of the day.
    network
        What happens to messages.
    """

    def __init__(self, agenda: Agenda, streams: Streams, network: Network) -> None:
        self._agenda = agenda
        self._network = network
        self._stream = streams.stream("post")
        self._may_be_away = bool(network.broker_away or network.line_away)
        self._last_at: dict[str, Instant] = {}
        self.sent_count = self.lost_count = 0

    def send(self, deliver: Act, *, line: str, van_id: str | None = None, qos: int = 1) -> bool:
        """Send a message; ``deliver`` hands it over, whenever and as often as it arrives.

        Parameters
        ----------
        deliver
            What its arrival does.
        line
            From whom to whom: what is sent on one line keeps its order.
        van_id
            Whose line may be dead; None for warehouses, whose lines are always there.
        qos
            1: the broker keeps it until it can be handed over; 0: it is lost then.

        Returns
        -------
        bool
            Whether it will arrive. A sender may only use it to be spared idle repeats.
        """
        network, stream = self._network, self._stream
        self.sent_count += 1
        back_at = self._back_at(van_id) if self._may_be_away else None
        is_lost = network.lost_ratio > 0 and stream.random() < network.lost_ratio
        if is_lost or (back_at is not None and qos == 0):
            self.lost_count += 1
            return False
        start = self._agenda.now if back_at is None else back_at
        arrives_at = Instant(start + self._way_ms())
        if network.late_ratio and stream.random() < network.late_ratio:
            arrives_at = Instant(arrives_at + stream.randrange(network.late_ms_max))
        else:
            arrives_at = max(arrives_at, self._last_at.get(line, arrives_at))
            self._last_at[line] = arrives_at
        self._agenda.at(arrives_at, deliver)
        if qos == 1 and network.doubled_ratio and stream.random() < network.doubled_ratio:
            self._agenda.at(Instant(arrives_at + self._way_ms()), deliver)
        return True

    def _way_ms(self) -> int:
        return int(
            self._network.delay_ms * self._stream.lognormvariate(0, self._network.delay_spread)
        )

    def _back_at(self, van_id: str | None) -> Instant | None:
        """Return when broker and line are there again; None if they are now."""
        spans, lines = self._network.broker_away, self._network.line_away
        if van_id is not None:
            spans = (*spans, *lines.get(van_id, ()))
        now = at = self._agenda.now
        for span in sorted(spans, key=lambda span: span.begin):
            if span.begin <= at < span.end:
                at = span.end
        return at if at > now else None
