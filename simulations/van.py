"""A simulated Robovan: obeys orders like a real one, and meets luck, jams and breakdowns.

``vehicles.agent`` speaks VDA 5050; this file moves the van along the order's lines, runs its
actions, drains and charges its battery, and lets it break down. It decides when things happen to
the van; what the roads are like is ``roads``', how one edge is driven ``driving``'s.

How it works:

The van does one thing at a time, its *activity*: it drives an edge, waits for a window to begin,
stands in line for a dock or a plug, runs an action, charges, or rests (None). ``advance(now)`` lets
time pass: it lives through its activity up to the activity's end or ``now``, and whenever one ends,
``_settle`` asks the agent what comes next. Nothing happens between two calls; ``next_event_at()``
says when a call is worth it. So the same van runs under a real clock and under a virtual one.

A van that is stuck neither drives nor acts; what it was doing goes on afterwards with as much left
as before. Only charging goes on, and a window begins when it was to begin. An empty battery is a
breakdown that ends when somebody has brought a little charge.
"""

import math
from collections.abc import Sequence
from typing import Final

from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from simulations.acting import Actions, Present
from simulations.activities import Activity, Charging, Driving, InLine, Timed, auxiliary_mwh
from simulations.driving import Drive, Pace
from simulations.logbook import Logbook, doing_of
from simulations.rng import Stream, Streams
from simulations.stands import Stand
from simulations.surroundings import Luck, Surroundings, VanStart
from vehicles.agent import Agent
from vehicles.trip import ActionKind
from vehicles.vda5050.order import Action, Edge, InstantActions, Node, Order
from vehicles.vda5050.orders import edge_line
from vehicles.vda5050.state import ErrorLevel

BREAKDOWN, BATTERY_EMPTY = "breakdown", "batteryEmpty"
RESCUE_S: Final = 2700
RESCUE_MWH: Final = 3_000_000
"""An empty van gets 3 kWh after three quarters of an hour (assumed: a service car)."""
SETTLE_COUNT_MAX: Final = 10_000
"""Things that can begin and end in one instant; more is a fault of the program."""


class SimulatedVan:
    """One van of the simulated city.

    Parameters
    ----------
    start
        Which van, where, with how much charge.
    surroundings
        What it meets.
    streams
        Of the run; the van takes those that bear its name.
    now
        When its day begins.
    luck
        How reality scatters.

    Attributes
    ----------
    agent
        The side that talks.
    driven_m, used_mwh, charged_mwh
        Counted over the day; ``used_mwh`` holds traction and auxiliary power.
    logbook
        The same by the hour and by what it did.
    actions
        What its actions come to; knows what was put in wrongly.
    """

    def __init__(
        self,
        start: VanStart,
        surroundings: Surroundings,
        *,
        streams: Streams,
        now: Instant,
        luck: Luck | None = None,
    ) -> None:
        self.van_id, self.spec = start.van_id, start.spec
        self.agent = Agent(
            start.spec.manufacturer,
            start.van_id,
            surroundings.frame,
            place=start.place,
            battery_mwh=start.battery_mwh,
            battery_mwh_max=start.spec.battery_mwh,
        )
        self.driven_m, self.used_mwh, self.charged_mwh = 0.0, 0.0, 0.0
        self.logbook = Logbook()
        self._around, self._luck, self._streams = surroundings, luck or Luck(), streams
        self._stream: Stream = streams.stream(f"van/{start.van_id}")
        self._now, self._place = now, start.place
        self._battery_mwh = float(start.battery_mwh)
        self._activity: Activity | None = None
        self._stuck_until: Instant | None = None
        self._incidents: tuple[Incident, ...] = ()
        self._stand: Stand | None = None
        self.actions = Actions(
            self.agent, start.spec, surroundings, self._luck, self._stream, streams
        )

    # What it is told

    def receive_order(self, order: Order, now: Instant) -> None:
        """Take an order or update, and begin with it if it is free."""
        self.advance(now)
        self.agent.receive_order(order)
        self._settle()
        self._tell_agent()

    def receive_instant_actions(self, message: InstantActions, now: Instant) -> None:
        """Do what is to be done at once."""
        self.advance(now)
        self.agent.receive_instant_actions(message)
        self._settle()
        self._tell_agent()

    def meet_incidents(self, incidents: Sequence[Incident], now: Instant) -> None:
        """Let these incidents be all there are from now on."""
        self.advance(now)
        self._incidents = tuple(incidents)
        self._forget_end()

    def break_down(self, duration_s: int, now: Instant, *, is_rescued: bool = False) -> None:
        """Stand still for a time, wherever it is; ``is_rescued``: until somebody has come."""
        self.advance(now)
        self.logbook.breakdowns.append(self._now)
        if is_rescued:
            self.logbook.rescues.append(self._now)
        self._stick(BREAKDOWN, "the drive does not answer", duration_s)

    # How it is

    @property
    def place(self) -> LonLat:
        """Return where it is."""
        return self._place

    @property
    def battery_mwh(self) -> int:
        """Return all that the battery holds, rounded down."""
        return int(self._battery_mwh)

    @property
    def is_stuck(self) -> bool:
        """Return whether it stands still against its will."""
        return self._stuck_until is not None

    @property
    def mass_g(self) -> int:
        """Return the mass of van and load."""
        mass_g_of = self._around.mass_g_of
        return self.spec.curb_mass_g + sum([mass_g_of.get(one, 0) for one in self.agent.loads])

    # Time

    def next_event_at(self) -> Instant | None:
        """Return when something will happen to it by itself, or None."""
        match self._activity:
            case Charging() as charging:
                ends_at = charging.ends_at(self.spec)
                return ends_at if self._stuck_until is None else min(ends_at, self._stuck_until)
            case Timed() as timed if not self.is_stuck:
                return Instant(self._now + timed.left_ms)
            case Driving() as driving if not self.is_stuck:
                return driving.ends_at(self._now, self._incidents)
            case _:
                return self._stuck_until

    def advance(self, now: Instant) -> None:
        """Let time pass until ``now``; an earlier ``now`` changes nothing."""
        if self._now >= now:  # no time passes, but its turn may have come where it stands in line
            self._settle()
        for _ in range(SETTLE_COUNT_MAX):
            if self._now >= now:
                break
            event_at = self.next_event_at()
            until = now if event_at is None else min(now, max(event_at, Instant(self._now + 1)))
            self._live(until)
            self._settle()
        self._tell_agent()

    def _live(self, until: Instant) -> None:
        """Spend the time until then in the present activity, which does not end before."""
        start, self._now = self._now, until
        doing = doing_of(self._activity, self.agent, is_stuck=self.is_stuck)
        self._spend(start, until)
        totals = self.driven_m, self.used_mwh, self.charged_mwh
        self.logbook.note(doing, start, until, totals)

    def _spend(self, start: Instant, until: Instant) -> None:
        match self._activity:
            case Charging() as charging:
                held = float(charging.battery_at(until, self.spec))
                self.charged_mwh += max(0.0, held - self._battery_mwh)
                self._battery_mwh = max(self._battery_mwh, held)
                return
            case Driving(drive=drive) if not self.is_stuck:
                self._roll(drive, start, until)
            case Timed() as timed if not self.is_stuck:
                timed.left_ms = max(0, timed.left_ms - (until - start))
            case _:
                pass
        if self._draws_auxiliary():
            more_w = self._around.weather.auxiliary_more_w(start)
            self._use(auxiliary_mwh(self.spec.auxiliary_w + more_w, until - start))

    def _roll(self, drive: Drive, start: Instant, until: Instant) -> None:
        progress = drive.advance(
            start,
            until,
            self._incidents,
            mass_g=self.mass_g,
            energy_mwh_max=self._battery_mwh,
        )
        self.driven_m += progress.driven_m
        self._place = drive.place or self._place
        self._use(progress.energy_mwh)

    def _use(self, energy_mwh: float) -> None:
        taken = min(energy_mwh, self._battery_mwh)
        self.used_mwh += taken
        self._battery_mwh -= taken
        is_new = taken > 0 or not self.is_stuck  # one that stands broken down runs empty too
        if self._battery_mwh <= 0 and is_new:
            self._battery_mwh = 0.0
            self.logbook.empties.append(self._now)
            self.logbook.rescues.append(self._now)
            self._stick(BATTERY_EMPTY, "the battery is empty", RESCUE_S)

    def _draws_auxiliary(self) -> bool:
        """Return whether computers and lights draw on the battery: not while it is loaded."""
        if isinstance(self._activity, Timed) and self._activity.action is not None:
            return self._activity.action.action_type != ActionKind.PICK.value
        return self.agent.is_busy

    # What comes next

    def _settle(self) -> None:
        """End what is over and begin what comes next, until something takes time."""
        for _ in range(SETTLE_COUNT_MAX):
            if self._stuck_until is not None and self._now >= self._stuck_until:
                self._come_free()
            if self.is_stuck and not isinstance(self._activity, Charging):
                break
            if not (self._end_activity() if self._activity else self._begin_activity()):
                break

    def _tell_agent(self) -> None:
        """Let the agent know how it is, before it is asked."""
        activity, theta = self._activity, 0.0
        if isinstance(activity, Driving):
            theta = activity.drive.theta(self._around.frame)
        self.agent.set_driving(isinstance(activity, Driving) and not self.is_stuck)
        self.agent.set_place(self._place, theta)
        self.agent.set_battery(self.battery_mwh, isinstance(activity, Charging))

    def _end_activity(self) -> bool:
        """End the activity if it is over or no longer wanted; say whether it was."""
        if not self._is_over():
            return False
        match self._activity:
            case Driving(edge_id=edge_id) if self._follows(edge_id):
                self._stand_at(self.agent.arrive())
            case Timed(action=action, fault=fault) if action is not None and self._wants(action):
                fault = self.actions.outcome(action, fault)
                self.agent.end_action(action.action_id, not fault, fault)
                note = self.logbook.note_failed if fault else self.logbook.note_done
                note(action, self._now)
            case Charging(action=action) if self._wants(action):
                self.agent.end_action(action.action_id, True)
            case _:
                pass  # waiting has no result, and what was cancelled none any more
        self._activity = None
        return True

    def _is_over(self) -> bool:
        """Return whether the activity is over or no longer wanted."""
        match self._activity:
            case Driving(edge_id=edge_id, drive=drive):
                return drive.is_over or not self._follows(edge_id)
            case Timed(left_ms=left_ms, action=action):
                is_wanted = self.agent.next_action() if action is None else self._wants(action)
                return left_ms <= 0 or not is_wanted
            case Charging(action=action) as charging:
                return not self._wants(action) or self._now >= charging.ends_at(self.spec)
            case InLine(action=action):
                return not self._wants(action) or self._has_room()
            case None:
                return False

    def _follows(self, edge_id: str) -> bool:
        """Return whether an edge is still the one to drive."""
        edge = self.agent.next_edge()
        return edge is not None and edge.edge_id == edge_id

    def _wants(self, action: Action) -> bool:
        """Return whether an action is still what comes next: cancelled ones are not."""
        wanted = self.agent.next_action()
        return wanted is not None and wanted.action_id == action.action_id

    def _has_room(self) -> bool:
        """Return whether its turn has come where it waits in line."""
        stand = self._stand
        return stand is None or self._around.stands.has_room(stand, self.van_id, self._now)

    def _begin_activity(self) -> bool:
        """Begin what the agent says comes next; say whether there was anything."""
        action = self.agent.next_action()
        if action is not None:
            self._activity = self._activity_of(action)
            return True
        self._leave_stand(None)
        edge = self.agent.next_edge()
        if edge is None:
            if self.agent.loads:
                self.actions.hand_in(self._place)
            return False
        self._activity = Driving(edge.edge_id, self._drive_along(edge))
        return True

    def _activity_of(self, action: Action) -> Activity:
        """Return what comes first for an action: its window, room at a stand, or itself."""
        node = self.agent.here
        if node is not None:
            self._stand_at(node)
        wait_ms = 0 if node is None else self._wait_ms(node)
        if wait_ms > 0:
            return Timed(wait_ms, None)
        stand = self.actions.stand_of(action, node, self._place)
        self._leave_stand(stand)
        if stand is not None and not self._around.stands.take(stand, self.van_id, self._now):
            return InLine(action)
        self.agent.begin_action(action.action_id)
        present = Present(self._now, self._place, self.battery_mwh)
        return self.actions.begun(action, node, present)

    def _leave_stand(self, other: Stand | None) -> None:
        """Make room where it stands or waits in line, unless that is where it wants to be."""
        if self._stand is not None and self._stand != other:
            self._around.stands.leave(self._stand, self.van_id, self._now)
        self._stand = other

    def _drive_along(self, edge: Edge) -> Drive:
        pace = Pace(
            time_ratio=self._stream.lognormvariate(0, self._luck.drive_spread),
            energy_ratio=self._stream.lognormvariate(0, self._luck.energy_spread)
            * self._around.weather.traction_ratio(self._now),
            speed_mps_max=min(self.spec.speed_mps_max, edge.max_speed or math.inf),
        )
        roads, frame = self._around.roads, self._around.frame
        ahead = (edge_line(one, frame) for one in self.agent.edges_ahead)
        return Drive(roads.pieces(edge_line(edge, frame), self._now, ahead), pace, roads)

    def _wait_ms(self, node: Node) -> int:
        """Return how long until service may begin here; 0 where nothing was promised."""
        begin = None if node.robovan is None else node.robovan.window_begin
        return 0 if begin is None else max(0, begin - self._now)

    def _stand_at(self, node: Node) -> None:
        where = node.robovan
        if where is not None and (where.lon, where.lat) != (self._place.lon, self._place.lat):
            self._place = LonLat(where.lon, where.lat)

    def _forget_end(self) -> None:
        if isinstance(self._activity, Driving):
            self._activity.forget()

    def _stick(self, error_type: str, description: str, duration_s: int) -> None:
        until = later(self._now, Seconds(duration_s))
        self._stuck_until = max(until, self._stuck_until or until)
        if isinstance(self._activity, InLine):  # nobody waits behind what cannot move
            self._activity = None
            self._leave_stand(None)
        self.agent.add_error(error_type, description, ErrorLevel.FATAL)
        self.agent.set_driving(False)

    def _come_free(self) -> None:
        self._stuck_until = None
        if isinstance(self._activity, Timed) and self._activity.action is None:
            self._activity = None  # a window does not wait for it
        self._forget_end()
        if self._battery_mwh <= 0:
            self.charged_mwh += RESCUE_MWH
            self._battery_mwh = float(RESCUE_MWH)
        self.agent.clear_error(BREAKDOWN)
        self.agent.clear_error(BATTERY_EMPTY)
