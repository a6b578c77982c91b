"""A day of one city in virtual time: depots, warehouses, vans, roads, and what goes wrong.

Decides how they are joined: who hears whom, and when each lives on. What a van does is
``simulations.van``'s, what a warehouse says ``simulations.warehouse``'s, what the dispatcher
decides its core's; how messages fare is the post's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, assert_never

from dispatcher.announcing import Locate, judge_parcel, read_announcement
from dispatcher.collecting import rare_collections
from dispatcher.core.decisions import (
    Accept,
    ConfirmCancel,
    Decision,
    Load,
    Publish,
    Reject,
    Withdraw,
)
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    HoldAsked,
    ParcelAnnounced,
    ReleaseAsked,
    RoadsChanged,
    TripLoaded,
    TripWithdrawn,
)
from dispatcher.core.holds import HoldKind
from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.settings import DepotSetup
from dispatcher.journal.records import Entry
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later, seconds_from
from simulations.fleet import Fleet
from simulations.rng import Streams
from simulations.stands import Stands
from simulations.van import SimulatedVan
from simulations.warehouse import (
    Announce,
    AskBack,
    Saying,
    SayLoaded,
    SayWithdrawn,
    SimulatedWarehouse,
    announcement_bytes,
)
from simulations.world.agenda import Act, Agenda
from simulations.world.answers import Planner, SolveLatency
from simulations.world.post import Network, Post, Span
from simulations.world.shell import DepotShell, Word
from vehicles.session import Outgoing
from vehicles.vda5050.order import InstantActions, Order

HEARTBEAT_S: Final = Seconds(30)
"""A van says how it is at least so often (VDA 5050 2.1, section 6.10); here only where its last
word was lost, for the others bring nothing new."""

SILENCE_S: Final = Seconds(60)
"""After so long without a word a van counts as away (the live default)."""

COLLECTED_AFTER: Final = 100
"""So many looks for garbage among what is young come before one at all (assumed): a depot's day
makes some 200,000 objects that stay."""

OPERATOR: Final = "operator"
"""Who holds and releases."""

RETURNED: Final = ParcelStatus.RETURNED.value
"""The one kind of parcel event that a warehouse acts on."""

Watcher = Callable[[Entry, tuple[Decision, ...]], None]
"""Looks at each journal entry and what it decided."""

Listener = Callable[[Outgoing, Order | InstantActions], None]
"""Hears each message to a van as it is sent, again and again if need be."""


def _anywhere(_label: str, _place: LonLat) -> None:
    """Take every place for one that is on the map."""


@dataclass(frozen=True, slots=True)
class DepotDay:
    """One depot's day as it begins: its setting up, its fleet, its warehouse.

    ``locate`` is how its dispatcher checks that a place is on the map.
    """

    setup: DepotSetup
    fleet: Fleet
    warehouse: SimulatedWarehouse
    locate: Locate = _anywhere


class City:
    """A day in virtual time.

    Parameters
    ----------
    depots
        What lives in it.
    start
        When the day begins.
    streams
        Of the run.
    planner, latency, network
        Who plans, how long that takes, how messages fare.
    watchers, listeners
        Told of everything that is decided, and of everything that vans are told.

    Attributes
    ----------
    agenda
        Time, and what is due.
    shells
        The dispatcher of each depot, by its id.
    """

    def __init__(
        self,
        depots: Sequence[DepotDay],
        *,
        start: Instant,
        streams: Streams,
        planner: Planner,
        latency: SolveLatency | None = None,
        network: Network | None = None,
        watchers: Iterable[Watcher] = (),
        listeners: Iterable[Listener] = (),
    ) -> None:
        self._locates: dict[str, Locate] = {}
        self.agenda = Agenda(start)
        self.start = start
        self._network = network or Network()
        self.post = Post(self.agenda, streams, self._network)
        self._watchers, self._listeners = tuple(watchers), tuple(listeners)
        self.shells: dict[str, DepotShell] = {}
        self.vans: dict[str, SimulatedVan] = {}
        self.warehouses: dict[str, SimulatedWarehouse] = {}
        self._home: dict[str, str] = {}
        self._stands: dict[str, Stands] = {}
        self._wakes: dict[str, Instant] = {}
        self._incidents: dict[str, Incident] = {}
        for day in depots:
            depot_id = day.setup.depot.depot_id
            self.shells[depot_id] = DepotShell(
                day.setup,
                self.agenda,
                planner=planner,
                latency=latency or SolveLatency(),
                around=self,
            )
            self.warehouses[depot_id] = day.warehouse
            self._locates[depot_id] = day.locate
            self._stands[depot_id] = day.fleet.stands
            for van in day.fleet.vans:
                self.vans[van.van_id] = van
                self._home[van.van_id] = depot_id

    # The day

    def begin(self) -> None:
        """Let the dispatchers start, the vans report, the warehouses open."""
        for shell in self.shells.values():
            shell.begin()
        for van_id in self.vans:
            self._live_on(van_id)
        for depot_id in self.warehouses:
            self._open(depot_id)
        away = self._network
        for van_id in self.vans:
            for span in (*away.broker_away, *away.line_away.get(van_id, ())):
                self._fall_silent(van_id, span)

    def run(self, until: Instant) -> None:
        """Let everything happen that is due before an instant."""
        with rare_collections(oldest_after=COLLECTED_AFTER):
            self.agenda.run(until)

    def at(self, instant: Instant, act: Act) -> None:
        """Let something happen to the city at an instant."""
        self.agenda.at(instant, act)

    # What happens to it

    def report_incident(self, incident: Incident) -> None:
        """Let a road be closed or slow, and everybody hear of it."""
        self._incidents[incident.incident_id] = incident
        known = tuple(self._incidents.values())
        for van_id, van in self.vans.items():
            van.meet_incidents(known, self.agenda.now)
            self._live_on(van_id)
        for depot_id, shell in self.shells.items():
            self._to_dispatcher(depot_id, partial(shell.take, RoadsChanged(incident)))

    def break_down(self, van_id: str, duration_s: int, *, is_rescued: bool = False) -> None:
        """Let a van stand still for a while; ``is_rescued``: until somebody has come."""
        self.vans[van_id].break_down(duration_s, self.agenda.now, is_rescued=is_rescued)
        self._live_on(van_id)

    def want_back(self, depot_id: str, parcel_id: str, reason: str) -> None:
        """Let a warehouse want a parcel back."""
        self._say(depot_id, self.warehouses[depot_id].ask_back(parcel_id, reason, self._clock_s()))
        self._open(depot_id)  # it asks again if it hears no answer

    def hold(self, depot_id: str, kind: HoldKind, subject_id: str) -> None:
        """Let somebody hold something by hand, who asks until the dispatcher has answered."""
        self.shells[depot_id].take(HoldAsked(kind, subject_id, OPERATOR, "to look at it"))

    def release(self, depot_id: str, kind: HoldKind, subject_id: str) -> None:
        """Let somebody release what is held, as they held it."""
        self.shells[depot_id].take(ReleaseAsked(kind, subject_id, OPERATOR, "all is well"))

    def kill(self, depot_id: str) -> None:
        """Let a dispatcher end without a word."""
        self.shells[depot_id].die()

    def revive(self, depot_id: str) -> None:
        """Let a dispatcher begin again from its journal; the vans' heartbeats tell it of them."""
        self.shells[depot_id].come_back()
        van_ids = [van_id for van_id, home in self._home.items() if home == depot_id]
        for number, van_id in enumerate(van_ids, start=1):
            beat_ms = int(HEARTBEAT_S) * 1000 * number // len(van_ids)
            self.agenda.at(Instant(self.agenda.now + beat_ms), partial(self._report, van_id))

    def _fall_silent(self, van_id: str, span: Span) -> None:
        """Let a dispatcher miss a van of which nothing comes through, and hear of it afterwards."""
        missed_at = later(span.begin, SILENCE_S)
        if missed_at < span.end:
            shell = self.shells[self._home[van_id]]
            self.agenda.at(missed_at, lambda: shell.hear_silence(van_id))
        self.agenda.at(span.end, lambda: self._report(van_id))

    # Dispatcher to the others

    def tell_van(self, outgoing: Outgoing) -> None:
        """Send an order or instant actions to a van."""
        message, van = outgoing.message(self.agenda.now), self.vans[outgoing.van_id]
        for listen in self._listeners:
            listen(outgoing, message)
        line = f"to/{outgoing.van_id}"
        self.post.send(lambda: self._obey(van, message), line=line, van_id=outgoing.van_id)

    def tell_warehouse(self, depot_id: str, word: Word) -> None:
        """Send an answer, a loading list or that a parcel is back to the warehouse."""
        if not isinstance(word, Publish) or word.kind == RETURNED:
            self.post.send(lambda: self._hear(depot_id, word), line=f"to/{depot_id}")

    def note(self, entry: Entry, decisions: tuple[Decision, ...]) -> None:
        """Show the watchers what has been decided."""
        for watch in self._watchers:
            watch(entry, decisions)

    # Vans

    def _obey(self, van: SimulatedVan, message: Order | InstantActions) -> None:
        if isinstance(message, Order):
            van.receive_order(message, self.agenda.now)
        else:
            van.receive_instant_actions(message, self.agenda.now)
        self._live_on(van.van_id)

    def _live_on(self, van_id: str) -> None:
        """Let a van live up to now, say what is new, and wake it when something will happen."""
        van, now = self.vans[van_id], self.agenda.now
        van.advance(now)
        if van.agent.changed:
            self._report(van_id)
        for other_id in self._stands[self._home[van_id]].take_called():
            self.agenda.at(now, partial(self._live_on, other_id))
        event_at = van.next_event_at()
        if event_at is None:
            self._wakes.pop(van_id, None)
            return
        event_at = max(event_at, Instant(now + 1))
        if self._wakes.get(van_id) != event_at:
            self._wakes[van_id] = event_at
            self.agenda.at(event_at, lambda: self._wake(van_id, event_at))

    def _wake(self, van_id: str, at: Instant) -> None:
        if self._wakes.get(van_id) == at:  # else something has come between
            del self._wakes[van_id]
            self._live_on(van_id)

    def _report(self, van_id: str) -> None:
        """Send a van's state; one that is lost is followed by the next heartbeat."""
        state = self.vans[van_id].agent.state(self.agenda.now)
        shell = self.shells[self._home[van_id]]
        arrives = self.post.send(
            lambda: shell.hear_state(van_id, state), line=f"from/{van_id}", van_id=van_id, qos=0
        )
        if not arrives or not shell.is_up:
            self.agenda.at(later(self.agenda.now, HEARTBEAT_S), lambda: self._report(van_id))

    # Warehouses

    def _open(self, depot_id: str) -> None:
        """Let a warehouse say what is due, and look again when more is."""
        warehouse, now = self.warehouses[depot_id], self.agenda.now
        self._say(depot_id, warehouse.sayings(now, self._clock_s()))
        repeat_s, at = warehouse.next_repeat_s(), warehouse.next_event_at()
        if repeat_s is not None:
            repeat_at = later(self.start, Seconds(int(repeat_s) + 1))
            at = repeat_at if at is None else min(at, repeat_at)
        if at is not None:
            wake_at = max(at, Instant(now + 1))
            key = f"warehouse/{depot_id}"
            if self._wakes.get(key) != wake_at:
                self._wakes[key] = wake_at
                self.agenda.at(wake_at, partial(self._reopen, depot_id, wake_at))

    def _reopen(self, depot_id: str, at: Instant) -> None:
        if self._wakes.get(f"warehouse/{depot_id}") == at:
            del self._wakes[f"warehouse/{depot_id}"]
            self._open(depot_id)

    def _hear(self, depot_id: str, word: Word) -> None:
        warehouse = self.warehouses[depot_id]
        match word:
            case Accept(parcel_id):
                self._say(depot_id, warehouse.hear_accepted(parcel_id, self._clock_s()))
            case Reject(parcel_id, reasons):
                warehouse.hear_rejected(parcel_id, reasons)
            case ConfirmCancel(parcel_id):
                warehouse.hear_cancelled(parcel_id)
            case Load(trip_id, _, _, parcel_ids):
                warehouse.hear_loading(trip_id, parcel_ids, self.agenda.now)
            case Withdraw(trip_id):
                withdrawn = warehouse.hear_withdraw(trip_id)
                self._say(depot_id, () if withdrawn is None else (withdrawn,))
            case Publish(parcel_id, _, _, _, reason):
                warehouse.hear_returned(parcel_id, reason, self.agenda.now)
            case _:
                assert_never(word)
        self._open(depot_id)

    def _say(self, depot_id: str, sayings: Iterable[Saying]) -> None:
        for saying in sayings:
            self._to_dispatcher(depot_id, partial(self._heard, depot_id, saying))

    def _heard(self, depot_id: str, saying: Saying) -> None:
        shell = self.shells[depot_id]
        match saying:
            case Announce(parcel, is_broken):
                shell.take(self._judged(parcel, depot_id, is_broken=is_broken))
            case AskBack(parcel_id, reason):
                shell.take(CancelAsked(parcel_id, reason))
            case SayLoaded(trip_id, parcel_ids):
                shell.take(TripLoaded(trip_id, parcel_ids))
            case SayWithdrawn(trip_id, parcel_ids):
                shell.take(TripWithdrawn(trip_id, parcel_ids))
            case _:
                assert_never(saying)

    def _judged(
        self, parcel: Parcel, depot_id: str, *, is_broken: bool
    ) -> ParcelAnnounced | AnnouncementRefused:
        """Return what a dispatcher makes of an announcement; a broken one is read as bytes."""
        locate = self._locates[depot_id]
        if not is_broken:
            return judge_parcel(parcel, depot_id=depot_id, locate=locate)
        now = self.agenda.now
        payload = announcement_bytes(parcel, now, is_broken=True)
        event, _ = read_announcement(payload, depot_id=depot_id, now=now, locate=locate)
        return event

    def _to_dispatcher(self, depot_id: str, deliver: Act) -> None:
        self.post.send(deliver, line=f"from/{depot_id}")

    def _clock_s(self) -> float:
        """Return the seconds of the day so far: what a machine's clock would count."""
        return float(seconds_from(self.start, self.agenda.now))
