"""Invariants of what vans and warehouses are told: ids, releases, cancels, loading lists."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dispatcher.core.decisions import Load, Report
from dispatcher.core.model import TripStatus
from simulations.invariants.looking import Invariant, Look, World
from vehicles.dialogue import Cancel, SentOrder
from vehicles.facts import OrderRefused, TripCancelled
from vehicles.plugging import Unplug
from vehicles.session import Outgoing
from vehicles.trip import ActionKind
from vehicles.vda5050.order import InstantActions, Node, Order


class SameIdSameContent(Invariant):
    """Nothing is sent with other content under an id used before, nor again under another id.

    Orders by van, order id and update id; instant actions by action id; loading lists by trip. A
    resend repeats the message to the last field but its time stamp. An update says something that
    the van does not have yet.
    """

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], SentOrder | Cancel | Unplug] = {}
        self._newest: dict[str, SentOrder] = {}
        self._lists: dict[str, Load] = {}

    def told(
        self, outgoing: Outgoing, message: Order | InstantActions, world: World
    ) -> Iterator[str]:
        """Hold a message against the one of the same id, and an order against the one before."""
        van_id, content = outgoing.van_id, outgoing.content
        before = self._sent.setdefault((van_id, _id_of(message)), content)
        if before != content:
            yield f"{van_id} is told something else as {_id_of(message)} than before"
        if not isinstance(content, SentOrder):
            return
        last, self._newest[van_id] = self._newest.get(van_id), content
        if last is None or last.update_id == content.update_id or last.wish != content.wish:
            return
        agent = world.vans[van_id].agent
        if (agent.order_id, agent.order_update_id) == (last.trip_id, last.update_id):
            yield f"{van_id} has {last.trip_id}/{last.update_id}, and is told it again as another"

    def after(self, look: Look) -> Iterator[str]:
        """Hold a loading list against the one of the same trip."""
        for decision in look.decisions:
            if isinstance(decision, Load):
                before = self._lists.setdefault(decision.trip_id, decision)
                if before != decision:
                    yield f"the loading list of {decision.trip_id} differs from the first one"


def _id_of(message: Order | InstantActions) -> str:
    if isinstance(message, Order):
        return f"{message.order_id}/{message.order_update_id}"
    return ", ".join(action.action_id for action in message.actions)


class UpdateIdsRise(Invariant):
    """A van hears an order from update 0 on, each later update with the next number.

    A number once passed never comes back: what was sent before is not sent again after a newer
    one. Header ids rise with every new message.
    """

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], int] = {}
        self._header: dict[str, int] = {}

    def told(
        self, outgoing: Outgoing, message: Order | InstantActions, world: World
    ) -> Iterator[str]:
        """Hold an order's numbers against those sent before."""
        del world
        if not isinstance(message, Order):
            return
        key = (outgoing.van_id, message.order_id)
        before, number = self._newest.get(key, -1), message.order_update_id
        self._newest[key] = max(before, number)
        if number not in (before, before + 1):
            yield f"{message.order_id} is sent as update {number} after update {before}"
        header = self._header.get(outgoing.van_id, 0)
        self._header[outgoing.van_id] = max(header, message.header_id)
        if message.header_id < header or (number != before and message.header_id == header):
            yield f"{message.order_id}/{number} has header {message.header_id} after {header}"


@dataclass(frozen=True, slots=True)
class _Base:
    """The released nodes that a van was told of one order, by sequence id."""

    order_id: str
    update_id: int
    nodes: dict[int, Node]


class ReleasedStaysReleased(Invariant):
    """No released stop is changed or taken back, and no second order sent, unless confirmed.

    Every update begins at the last node released before, and repeats what it says of released
    nodes. Another order is sent only to a van that is done with the one before, or has given it
    up: the van itself is asked, not the core.
    """

    def __init__(self) -> None:
        self._bases: dict[str, _Base] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look whether the core wished what its session had to refuse."""
        for decision in look.decisions:
            if isinstance(decision, Report) and decision.name == "wish_refused":
                yield decision.detail

    def told(
        self, outgoing: Outgoing, message: Order | InstantActions, world: World
    ) -> Iterator[str]:
        """Hold an order's released nodes against those told before."""
        if not isinstance(message, Order):
            return
        van_id, base = outgoing.van_id, self._bases.get(outgoing.van_id)
        released = {node.sequence_id: node for node in message.nodes if node.released}
        if base is None or base.order_id != message.order_id:
            agent = world.vans[van_id].agent
            if agent.is_busy and agent.order_id != message.order_id:
                yield f"{van_id} is told {message.order_id} while it is busy with {agent.order_id}"
            self._bases[van_id] = _Base(message.order_id, message.order_update_id, released)
            return
        if message.order_update_id == base.update_id:
            return  # a resend; its content is looked at elsewhere
        first, last = message.nodes[0].sequence_id, max(base.nodes)
        if first != last:
            update = f"{message.order_id}/{message.order_update_id}"
            yield f"{update} begins at {first}, but what was released ends at {last}"
        for number, node in released.items():
            before = base.nodes.get(number, node)
            if not _same(before, node):
                yield f"{message.order_id} had {before.node_id} released, and has {node.node_id}"
        self._bases[van_id] = replace(
            base, update_id=message.order_update_id, nodes=base.nodes | released
        )


def _same(before: Node, after: Node) -> bool:
    """Return whether two nodes are one to the van; what is promised there may have moved."""
    here = (before.node_id, before.sequence_id, before.node_position, before.actions)
    return here == (after.node_id, after.sequence_id, after.node_position, after.actions)


class EndsAreConfirmed(Invariant):
    """A trip ends by the van's own word: it has done all of it, or it says that it gave it up.

    A cancelled trip is over for the core only at the fact that says so, and by then the van is not
    at it any more; nor is it when the core calls the trip finished.
    """

    def __init__(self) -> None:
        self._status: dict[str, TripStatus] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look at trips that have just ended."""
        for trip in look.trips:
            before = self._status.get(trip.trip_id)
            self._status[trip.trip_id] = trip.status
            if before is trip.status:
                continue
            agent = look.world.vans[trip.van_id].agent
            at_it = agent.is_busy and agent.order_id == trip.trip_id
            if trip.status is TripStatus.FINISHED and at_it:
                yield f"{trip.trip_id} is finished, but {trip.van_id} is still at it"
            if trip.status is TripStatus.CANCELLED:
                said = isinstance(look.event, TripCancelled | OrderRefused)
                if not said or getattr(look.event, "trip_id", None) != trip.trip_id:
                    kind = type(look.event).__name__
                    yield f"{trip.trip_id} is cancelled by {kind}, without the van's word"
                if at_it:
                    yield f"{trip.trip_id} is cancelled, but {trip.van_id} is still at it"


class LoadingListIsTheTrip(Invariant):
    """The warehouse is told to load exactly what the trip delivers, last stop first.

    The list names each parcel of the trip's stops once, in the reverse order of its stops, and it
    is what the van's first order picks.
    """

    def after(self, look: Look) -> Iterator[str]:
        """Hold new loading lists against their trips."""
        for decision in look.decisions:
            if not isinstance(decision, Load):
                continue
            trip = look.world.state.trips.get(decision.trip_id)
            if trip is None or trip.van_id != decision.van_id:
                yield f"{decision.trip_id} is to be loaded, but is no trip of {decision.van_id}"
                continue
            served = [one for node in trip.nodes for one in node.parcel_ids]
            picks = [
                one.parcel_id for one in trip.nodes[0].node.actions if one.kind is ActionKind.PICK
            ]
            if sorted(decision.parcel_ids) != sorted(served):
                yield f"{decision.trip_id} serves {served}, but {decision.parcel_ids} are loaded"
            if list(decision.parcel_ids) != picks:
                yield f"{decision.trip_id} picks {picks}, but {decision.parcel_ids} are loaded"
            if list(decision.parcel_ids) != served[::-1]:
                yield f"{decision.trip_id} is not loaded last stop first: {decision.parcel_ids}"
