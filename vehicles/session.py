"""The dispatcher's side of one van's dialogue: order, echo, update, cancel, resend. No I/O.

A session is fed by the shell in this way::

    for fact in session.facts_of(state, now):     # pure: nothing is remembered yet
        journal(fact)
        session.apply(fact)                       # also the replay path
        for wish in core.handle(fact):            # the core may answer with wishes and cancels
            session.wish(wish)
    message = session.outstanding()               # to be (re)sent until it changes

All state follows from the calls of ``apply``, ``wish``, ``cancel`` and ``forget``, in their order,
so that a session is rebuilt from the journal. ``vehicles.dialogue`` says what is sent when;
``vehicles.resending`` when it is sent again.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.deriving import StateReader
from vehicles.dialogue import (
    Cancel,
    Dialogue,
    SentOrder,
    advanced,
    cancelled,
    forgotten,
    wished,
)
from vehicles.facts import ChargingTold, LimitsTold, VanFact, VanLost
from vehicles.noting import applied
from vehicles.plugging import Charging, Unplug
from vehicles.saying import SessionSettings, believed
from vehicles.spec import VanSpec
from vehicles.trip import TripWish
from vehicles.vda5050.dialect import USUAL, Dialect
from vehicles.vda5050.limits import Limits
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.orders import OrderWriter, cancel_of, unplug_of
from vehicles.vda5050.state import Connection, ConnectionState, State
from vehicles.vda5050.topics import TopicKind, topic
from vehicles.vda5050.versions import written


@dataclass(frozen=True, slots=True)
class OrderInForce:
    """The order that a van has confirmed, and how far it is."""

    wish: TripWish
    update_id: int
    passed_count: int
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The one message a van must hear now, the same until it is answered.

    Attributes
    ----------
    key
        Tells this message from every other to the same van: order and update, or action.
    kind
        Order or instant actions: which topic it goes to.
    writer
        Writes this van's orders; two messages are the same whoever writes them.
    """

    key: str
    kind: TopicKind
    van_id: str
    manufacturer: str
    content: SentOrder | Cancel | Unplug
    writer: OrderWriter = field(compare=False, repr=False)

    @property
    def topic(self) -> str:
        """Return the topic to publish on (QoS 1, not retained)."""
        return topic(self.manufacturer, self.van_id, self.kind, self.writer.dialect.version)

    def message(self, now: Instant) -> Order | InstantActions:
        """Write the message; only its time stamp depends on ``now``."""
        match self.content:
            case SentOrder(wish, first_index, update_id, header_id):
                return self.writer.order(
                    wish, first_index, update_id=update_id, header_id=header_id, timestamp=now
                )
            case Cancel(trip_id, action_id, header_id):
                return cancel_of(
                    trip_id,
                    action_id,
                    header_id=header_id or 0,
                    timestamp=now,
                    manufacturer=self.manufacturer,
                    van_id=self.van_id,
                )
            case Unplug(_, action_id, header_id):
                return unplug_of(
                    action_id,
                    header_id=header_id,
                    timestamp=now,
                    manufacturer=self.manufacturer,
                    van_id=self.van_id,
                )

    def payload(self, now: Instant) -> bytes:
        """Return the message's bytes, in the version that the van speaks."""
        return written(self.message(now), self.writer.dialect.version)


@dataclass(frozen=True, slots=True)
class SessionImage:
    """All that a session knows, as plain values; how its van speaks, its setup says."""

    spec: VanSpec
    origin: LonLat
    map_id: str
    settings: SessionSettings
    dialogue: Dialogue
    told_at: Instant | None


class Session:
    """One van's dialogue, seen from the dispatcher.

    Parameters
    ----------
    van_id
        Also the serial number in its topics.
    spec
        For its manufacturer, and its battery where the van tells a percentage only.
    frame
        In which positions are written.
    settings
        What counts as news.
    dialect
        How the van speaks; it changes no fact and no decision.

    Attributes
    ----------
    told_at
        When the van measured what its newest fact says; None before the first.
    """

    def __init__(
        self,
        van_id: str,
        spec: VanSpec,
        frame: LocalFrame,
        settings: SessionSettings | None = None,
        dialect: Dialect = USUAL,
    ) -> None:
        self.van_id, self.spec, self.frame, self.dialect = van_id, spec, frame, dialect
        self.settings = settings or SessionSettings()
        self._dialogue = Dialogue()
        self._foreseen: list[tuple[VanFact, Dialogue, Dialogue]] = []
        self._writer = OrderWriter(spec.manufacturer, frame, dialect)
        self.told_at: Instant | None = None

    # As plain values, and back

    def image(self) -> SessionImage:
        """Return all that it knows. What a state foretold is no part: it is only looked up."""
        frame = self.frame
        return SessionImage(
            self.spec, frame.origin, frame.map_id, self.settings, self._dialogue, self.told_at
        )

    @classmethod
    def of_image(cls, van_id: str, image: SessionImage, dialect: Dialect = USUAL) -> Self:
        """Return a van's session that knows what an image holds."""
        frame = LocalFrame(image.origin, image.map_id)
        session = cls(van_id, image.spec, frame, image.settings, dialect)
        session._dialogue = image.dialogue
        session.learn(Limits(nodes_max=image.dialogue.nodes_max))
        session.told_at = image.told_at
        return session

    # What the van says

    def facts_of(self, state: State, now: Instant) -> tuple[VanFact, ...]:
        """Derive what is new in a state, in the order to be applied; remember nothing."""
        reader = StateReader(
            self.van_id, self.spec, self.frame, self.settings, state=state, now=now
        )
        is_ours = state.robovan is not None
        if is_ours != self._dialogue.how_charged.to_target:
            reader.how_charged = self._charging_by(self._writer.limits, to_target=is_ours)
        facts = reader.facts(self._dialogue)
        self._foreseen = reader.foreseen
        return facts

    def facts_of_connection(
        self, message: Connection, now: Instant | None = None
    ) -> tuple[VanFact, ...]:
        """Derive VanLost when a van that we know is gone; coming back shows in its state.

        A last will carries the time of connecting, so ``now`` should be given.
        """
        if not self.known or message.connection_state is ConnectionState.ONLINE:
            return ()
        stamp = message.timestamp.instant
        at = stamp if now is None else believed(stamp, now, self.settings)
        return (VanLost(self.van_id, at, message.connection_state.value),)

    def facts_of_factsheet(self, limits: Limits, now: Instant) -> tuple[VanFact, ...]:
        """Derive what a factsheet says of nodes and of charging, where that is something new."""
        dialogue, found = self._dialogue, list[VanFact]()
        if limits.nodes_max != dialogue.nodes_max:
            found.append(LimitsTold(self.van_id, now, limits.nodes_max))
        charging = self._charging_by(limits, to_target=dialogue.how_charged.to_target)
        if charging != dialogue.how_charged:
            found.append(ChargingTold(self.van_id, now, charging))
        return tuple(found)

    def _charging_by(self, limits: Limits, *, to_target: bool) -> Charging:
        """Return how the van is charged, as far as its factsheet says anything of its actions.

        If none came since the start, what the last one said before counts.
        """
        before = self._dialogue.how_charged
        can_start = before.can_start if limits.can_start is None else limits.can_start
        can_stop = before.can_stop if limits.can_stop is None else limits.can_stop
        return Charging(to_target, can_start, to_target or can_stop)

    def facts_of_silence(self, now: Instant) -> tuple[VanFact, ...]:
        """Derive VanLost for a van not heard of for too long, as the shell's clock says."""
        return (VanLost(self.van_id, now, "SILENCE"),) if self.known else ()

    def apply(self, fact: VanFact) -> None:
        """Take note of a fact, and send what it makes possible."""
        if not isinstance(fact, VanLost | LimitsTold | ChargingTold):  # as a rule of our own time
            self.told_at = fact.measured_at
        if isinstance(fact, LimitsTold):  # before its next order, also when it is replayed
            self.learn(replace(self._writer.limits, nodes_max=fact.nodes_max))
        elif isinstance(fact, ChargingTold):
            self._writer = self._writer_of(self._writer.limits, fact.charging)
        for foreseen, before, after in self._foreseen:  # as a rule it is only to be looked up
            if foreseen is fact and before is self._dialogue:
                self._dialogue = advanced(after)
                return
        self._dialogue = advanced(applied(self._dialogue, fact))

    def learn(self, limits: Limits) -> None:
        """Write orders as the van says it can take them, from the next on; no fact comes of it."""
        self._writer = self._writer_of(limits, self._dialogue.how_charged)

    def _writer_of(self, limits: Limits, charging: Charging) -> OrderWriter:
        maker = self.spec.manufacturer
        return OrderWriter(maker, self.frame, self.dialect, limits, charging)

    def become(self, spec: VanSpec, dialect: Dialect) -> None:
        """Take the van for one of this specification that speaks so, from its next message on."""
        if (spec, dialect) != (self.spec, self.dialect):
            self.spec, self.dialect = spec, dialect
            self.learn(self._writer.limits)

    # What the core wants

    def wish(self, trip: TripWish) -> None:
        """Take a wish; the newest wins. One equal to what is confirmed sends nothing.

        A wish for a trip that is being cancelled is ignored.

        Raises
        ------
        ReleasedChangedError
            If it changes what was released in an earlier order of the same trip.
        """
        self._dialogue = wished(self._dialogue, trip)

    def cancel(self, trip_id: str) -> None:
        """Have a trip given up; answered by TripCancelled, wherever the trip is by then."""
        self._dialogue = cancelled(self._dialogue, trip_id)

    def forget(self) -> None:
        """Count the van as unknown until its next state, as after a restart."""
        self._dialogue = forgotten(self._dialogue)

    # What goes out, and what is known

    def outstanding(self) -> Outgoing | None:
        """Return the message to be (re)sent now; None when nothing is, or the van is unknown."""
        dialogue = self._dialogue
        if not dialogue.known:
            return None
        if dialogue.cancels and dialogue.cancels[0].header_id is not None:
            return self._outgoing(
                dialogue.cancels[0].action_id, TopicKind.INSTANT_ACTIONS, dialogue.cancels[0]
            )
        if dialogue.is_held:
            unplug = dialogue.unplug
            if unplug is None:
                return None
            # One key for all tries of a trip, so that one that fails is not tried again at once.
            return self._outgoing(f"{unplug.trip_id}/unplug", TopicKind.INSTANT_ACTIONS, unplug)
        sent = dialogue.in_flight
        if sent is None or dialogue.foreign is not None:
            return None
        return self._outgoing(f"{sent.trip_id}/{sent.update_id}", TopicKind.ORDER, sent)

    @property
    def order_in_force(self) -> OrderInForce | None:
        """Return the order that the van has confirmed last, finished or not."""
        sent = self._dialogue.confirmed
        if sent is None:
            return None
        return OrderInForce(
            sent.wish, sent.update_id, self._dialogue.passed_count, self._dialogue.is_finished
        )

    @property
    def confirmed_update_id(self) -> int | None:
        """Return the confirmed update of the order in force."""
        sent = self._dialogue.confirmed
        return None if sent is None else sent.update_id

    @property
    def known(self) -> bool:
        """Return whether the van was heard of since the start, a restart, or its loss."""
        return self._dialogue.known

    @property
    def online(self) -> bool:
        """Return the same as ``known``: a van is online for us when its state says so."""
        return self._dialogue.known

    def _outgoing(
        self, key: str, kind: TopicKind, content: SentOrder | Cancel | Unplug
    ) -> Outgoing:
        return Outgoing(key, kind, self.van_id, self.spec.manufacturer, content, self._writer)
