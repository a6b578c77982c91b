"""What a depot is, which vans and chargers it has, and the numbers that steer its decisions.

All of it is journalled (``events.Configured``): a day replays with the settings it ran under.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Self

from maps.places import LonLat
from maps.units import Instant
from vehicles.spec import VanSpec
from vehicles.vda5050.dialect import Dialect

SINCE_6: Final = {"since": 6}
"""Marks a field that came with version 6 of the journal: entries before it have the default."""

SINCE_8: Final = {"since": 8}
"""The same of version 8."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What the objective counts, in hundredths of the currency.

    ``unserved`` is the price of leaving out a parcel of priority 0; priority 100 costs twice it.
    ``late_per_hour`` is that of coming to a stop after its window with parcels that are aboard,
    and so come late rather than back: a minute of it is worth twenty of a van's.
    ``moved`` is that of giving a stop to another van than the one planned for it, ``reordered`` of
    each turn against the order planned: the warehouse has laid the parcels out, and consignees
    have been told when. Both are assumed: some minutes of a van, which better plans soon save and
    a mere draw between two good ones does not.
    """

    van: int = 500
    per_hour: int = 1200
    per_km: int = 20
    per_kwh: int = 30
    unserved: int = 10_000
    late_per_hour: int = 24_000
    moved: int = 60
    reordered: int = 30


@dataclass(frozen=True, slots=True)
class Depot:
    """Where parcels wait and vans live.

    Attributes
    ----------
    zone
        IANA name of its local time.
    docks
        How many vans can be loaded at once.
    loading_s
        How long a van stands at the dock per trip.
    plugs, plug_power_w
        Chargers for its own vans.
    """

    depot_id: str
    place: LonLat
    zone: str
    docks: int
    loading_s: int
    plugs: int
    plug_power_w: int


@dataclass(frozen=True, slots=True)
class VanSetup:
    """One van of the depot, its shift and the charge it is expected to begin with.

    The shift is its present one, or the next: when one ends the depot is set up anew. ``dialect``
    is how it speaks, None for the usual: nothing is decided by it, but a van that is taken out of
    the fleet file is still to be understood until it is empty.
    """

    van_id: str
    spec: VanSpec
    battery_mwh: int
    shift_start: Instant
    shift_end: Instant
    dialect: Dialect | None = field(default=None, metadata=SINCE_8)

    def retired(self) -> Self:
        """Return the van without a shift ahead: it is given nothing new."""
        return replace(self, shift_end=self.shift_start)

    @property
    def is_retired(self) -> bool:
        """Return whether it has no shift ahead."""
        return self.shift_end <= self.shift_start


@dataclass(frozen=True, slots=True)
class Station:
    """A public charging station that the vans may use."""

    station_id: str
    place: LonLat
    power_w: int
    plugs: int


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """The numbers that steer decisions; ``[plan]`` of the configuration file.

    Attributes
    ----------
    batching, charging
        Names of the policies that say when waves close and which trips leave, and when idle vans
        charge (``policies.registry``).
    replanning
        Whether trips are planned anew when trouble is predicted for them, or roads change. What is
        cancelled or was not loaded is left out of a trip in any case.
    wave_parcels, wave_age_s, wave_due_slack_s, wave_interval_s
        A wave closes when so many parcels wait, when the first has waited so long, when one is
        due within the slack, or so often by the clock: as the batching policy has it.
    retry_s
        Parcels that a plan left out are tried again after this, or when a van comes home.
    return_s_max
        Vans expected home within this are planned with, for their next trip.
    trip_s_max
        The longest trip, from leaving the depot to coming home; long trips are brittle.
    window_margin_s
        Service is planned to begin this much before a window ends, where the window is long
        enough: what is planned in beforehand need not be repaired later.
    plan_latency_s
        How long the answer to a planning request is expected to take, in world time.
    decision_point_s_max, released_s_min, released_s_more
        Spacing of decision points; how much driving is released ahead of a van; and how much more
        with each order, so that fewer are needed: what is released cannot be planned anew.
    lateness_s_min
        A promise counts as broken when the predicted arrival misses it by more than this.
    replan_cooldown_s
        Shortest time between two replans of one van for predicted trouble.
    reroute_gain_s_min
        A detour around an incident is worth a new order when it saves at least this.
    charge_margin_ratio_min
        Share of the battery that must be left above the reserve at the trip's end, by prediction.
    depot_charge_below_ratio, depot_charge_until_ratio, depot_charge_s_max
        Idle vans below the one charge at the depot up to the other, in turns of at most so long;
        the charging policy may have other thresholds.
    overdue_s
        A node not reached this long after its ETA moves the ETA.
    stuck_s_assumed
        How long a van that reports being stuck is expected to stay so, until it says otherwise.
    confirm_s_max
        A van that is heard and has not taken its order for so long ignores it: others shall do the
        work. By then the order went out a dozen times (``vehicles.resending``), and a van that was
        loaded when it came has begun (assumed).
    away_s_max
        A van that is away for so long with an order of which nothing is loaded is missed: its
        parcels go to others, sooner where they would come late. Longer than most vans are without
        a network (assumed), and than one takes to be loaded that is only not heard.
    effort
        Handed to the solver, 0 to 5 (steps, not time: same question, same answer).
    parcels_max
        Parcels that may wait at the depot; more are rejected.
    keep_ended_s
        What has ended (parcels, trips, replans, incidents) is known for so long; then its id may
        be another's. 0: for ever.
    prices
        The objective.
    """

    batching: str = "mixed"
    charging: str = "threshold"
    replanning: bool = True
    wave_parcels: int = 40
    wave_age_s: int = 900
    wave_due_slack_s: int = 3600
    wave_interval_s: int = 1800
    retry_s: int = 600
    return_s_max: int = 2700
    trip_s_max: int = 10_800
    window_margin_s: int = 300
    plan_latency_s: int = 60
    decision_point_s_max: int = 60
    released_s_min: int = 120
    released_s_more: int = 0
    lateness_s_min: int = 60
    replan_cooldown_s: int = 300
    reroute_gain_s_min: int = 30
    charge_margin_ratio_min: float = 0.0
    depot_charge_below_ratio: float = 0.7
    depot_charge_until_ratio: float = 0.9
    depot_charge_s_max: int = 1800
    overdue_s: int = 120
    stuck_s_assumed: int = 1200
    away_s_max: int = field(default=600, metadata=SINCE_6)
    confirm_s_max: int = field(default=300, metadata=SINCE_6)
    effort: int = 3
    parcels_max: int = 20_000
    keep_ended_s: int = 604_800
    prices: Prices = Prices()


@dataclass(frozen=True, slots=True)
class DepotSetup:
    """All that a dispatch core is told before the first parcel."""

    depot: Depot
    vans: tuple[VanSetup, ...]
    stations: tuple[Station, ...]
    settings: PlanSettings
