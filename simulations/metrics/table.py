"""The metrics of a simulated day, each declared once: name, unit, definition, how it sums.

Everything that shows a metric takes its name, unit and words from here: the JSON file's keys, the
CSV's headers, ``docs/metrics.md``, the page's captions, the comparison's sentences. A metric is
made of sums (``sums``), so that for an hour, a van, a depot or the day it is worked out the
same way; only the lateness that few parcels exceed needs the single parcels.

Definitions follow what operators of last-mile fleets use, and for emissions ISO 14083:2023 with
the GLEC Framework v3 that applies it.

References
----------
.. [1] ISO 14083:2023, Greenhouse gases: Quantification and reporting of greenhouse gas emissions
   arising from transport chain operations. Transport activity is mass times shortest feasible or
   great-circle distance; emissions include those of providing the energy.
.. [2] Smart Freight Centre, GLEC Framework for Logistics Emissions Accounting and Reporting, v3.0,
   2023: collection and delivery rounds; reporting per item.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulations.metrics.sums import Sum


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some part of a day: an hour, a van, a depot, or all of it.

    Attributes
    ----------
    sums
        int64 of shape (vans, quantities): what was counted, a row for each van and one for what
        concerns no van.
    late_ms
        int64, sorted: how late each parcel came that was delivered late.
    """

    sums: NDArray[np.int64]
    late_ms: NDArray[np.int64]

    def shown(self, quantity: Sum) -> float:
        """Return a quantity in the unit that people see."""
        return quantity.shown(float(self.sums[:, quantity.index].sum()))


@dataclass(frozen=True, slots=True)
class Total:
    """A quantity as it is."""

    of: Sum

    def value(self, part: Part) -> float | None:
        """Return the sum."""
        return part.shown(self.of)

    @property
    def in_words(self) -> str:
        """Return how it sums."""
        return "adds up"


@dataclass(frozen=True, slots=True)
class Share:
    """Some sums over others; None where the lower ones are 0."""

    above: tuple[Sum, ...]
    below: tuple[Sum, ...]

    def value(self, part: Part) -> float | None:
        """Return the ratio of the sums."""
        below = sum(part.shown(one) for one in self.below)
        return sum(part.shown(one) for one in self.above) / below if below else None

    @property
    def in_words(self) -> str:
        """Return how it sums."""
        above, below = (" + ".join(one.words for one in side) for side in (self.above, self.below))
        return f"{above}, over {below}: sums first, then the ratio"


@dataclass(frozen=True, slots=True)
class VanCount:
    """How many vans have any of a quantity."""

    having: Sum

    def value(self, part: Part) -> float | None:
        """Return the number of vans."""
        return float(np.count_nonzero(part.sums[:, self.having.index]))

    @property
    def in_words(self) -> str:
        """Return how it sums."""
        return "adds up over vans and depots; over hours each van counts once"


@dataclass(frozen=True, slots=True)
class LatenessQuantile:
    """The lateness that a share of the parcels delivered does not exceed; those on time have 0.

    The nearest rank from above: the smallest lateness that at least the share keeps to.
    """

    ratio: float

    def value(self, part: Part) -> float | None:
        """Return the lateness in seconds; None where nothing was delivered."""
        delivered = round(part.shown(Sum.DELIVERED))
        if not delivered:
            return None
        rank = int(np.ceil(round(self.ratio * delivered, 9)))
        below = rank - (delivered - len(part.late_ms)) - 1
        return 0.0 if below < 0 else Sum.LATENESS.shown(float(part.late_ms[below]))

    @property
    def in_words(self) -> str:
        """Return how it sums."""
        return "of all parcels together, never a mean of quantiles"


@dataclass(frozen=True, slots=True)
class Saying:
    """How a difference is told: "delivers 2.1 points more on time".

    Attributes
    ----------
    verb, tail
        What stands before and after the amount.
    more, less
        Follow the amount, whichever is true of it.
    is_relative
        Whether the amount is told in percent of what it is compared with.
    """

    verb: str
    more: str
    less: str
    tail: str
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name
        In files; stable, with its unit at the end where it has one.
    title, unit
        For captions.
    how
        What it is made of, and so how it sums.
    definition
        A sentence on what it says; that of a plain total is its quantity's.
    better
        +1: more is better, -1: less is, 0: neither.
    saying
        For a headline, how comparisons speak of it; they correct for speaking of several. None
        for metrics that stand in the comparison's table only.
    """

    name: str
    title: str
    unit: str
    how: Total | Share | VanCount | LatenessQuantile
    definition: str
    better: int = 0
    saying: Saying | None = None

    @property
    def caption(self) -> str:
        """Return title and unit, said once where the title names what is counted."""
        named = self.unit in self.title.lower().split()
        return self.title if named else f"{self.title}, {self.unit}"

    def value(self, part: Part) -> float | None:
        """Return the metric of a part of a day; None where it has none."""
        return self.how.value(part)


def _total(name: str, quantity: Sum, better: int = 0) -> Metric:
    title = quantity.words[0].upper() + quantity.words[1:]
    return Metric(name, title, quantity.unit, Total(quantity), quantity.meaning, better)


SERVICE: Final = (
    _total("announced_count", Sum.ANNOUNCED),
    _total("rejected_count", Sum.REJECTED, -1),
    _total("cancelled_count", Sum.CANCELLED),
    _total("due_count", Sum.DUE),
    _total("delivered_count", Sum.DELIVERED, +1),
    _total("on_time_count", Sum.ON_TIME, +1),
    _total("returned_count", Sum.RETURNED, -1),
    _total("unserved_count", Sum.UNSERVED, -1),
    _total("held_count", Sum.HELD_PARCELS, -1),
    Metric(
        "on_time_ratio", "On time", "%", Share((Sum.ON_TIME,), (Sum.DUE,)),
        "Share of the parcels to be delivered that were delivered on time: what was returned, "
        "unserved or held counts against it.",
        +1, Saying("delivers", "more", "fewer", "on time"),
    ),
    Metric(
        "punctual_ratio", "Punctual deliveries", "%", Share((Sum.ON_TIME,), (Sum.DELIVERED,)),
        "Share of the parcels delivered that were on time.", +1,
    ),
    Metric(
        "delivered_ratio", "Delivered", "%", Share((Sum.DELIVERED,), (Sum.DUE,)),
        "Share of the parcels to be delivered that were handed over, late or not.",
        +1, Saying("delivers", "more", "fewer", "in all"),
    ),
    Metric(
        "lateness_s_mean", "Lateness, mean", "s", Share((Sum.LATENESS,), (Sum.DELIVERED,)),
        "Of all parcels delivered; those on time have 0.", -1,
    ),
    Metric(
        "lateness_s_p95", "Lateness, 95th percentile", "s", LatenessQuantile(0.95),
        "What 95 of 100 parcels delivered were not later than; those on time have 0.",
        -1, Saying("comes", "later", "earlier", "at the 95th percentile"),
    ),
    Metric(
        "first_attempt_ratio", "First-attempt success", "%",
        Share((Sum.FIRST_TIME,), (Sum.ATTEMPTED,)),
        "Share of the parcels that a van tried to hand over which it got rid of the first time.",
        +1,
    ),
)  # fmt: skip
"""What consignees and warehouses notice."""

FLEET: Final = (
    Metric(
        "vans_count", "Vans used", "vans", VanCount(Sum.TRIPS),
        "Vans that made at least one trip with parcels.", -1,
    ),
    _total("trips_count", Sum.TRIPS),
    _total("stops_count", Sum.STOPS),
    Metric(
        "parcels_per_van_hour", "Parcels per van and hour", "parcels/h",
        Share((Sum.DELIVERED,), (Sum.WORKED,)),
        "Parcels delivered per hour that a van was at work.", +1,
        Saying("delivers", "more parcels", "fewer parcels", "per van and hour", is_relative=True),
    ),
    Metric(
        "parcels_per_stop", "Parcels per stop", "parcels/stop",
        Share((Sum.DELIVERED,), (Sum.STOPS,)),
        "Parcels delivered per consignee reached.", +1,
    ),
    _total("shift_h", Sum.SHIFT),
    _total("worked_h", Sum.WORKED),
    _total("driving_h", Sum.DRIVING),
    Metric(
        "utilisation_ratio", "Utilisation", "%", Share((Sum.WORKED,), (Sum.SHIFT,)),
        "Share of the vans' shifts in which they were at work.",
    ),
    _total("distance_km", Sum.DISTANCE, -1),
    _total("empty_km", Sum.EMPTY_DISTANCE, -1),
    Metric(
        "empty_ratio", "Empty running", "%", Share((Sum.EMPTY_DISTANCE,), (Sum.DISTANCE,)),
        "Share of the distance driven with nothing aboard.", -1,
    ),
    Metric(
        "km_per_parcel", "Distance per parcel", "km/parcel",
        Share((Sum.DISTANCE,), (Sum.DELIVERED,)),
        "All that was driven, over the parcels delivered.", -1,
        Saying("drives", "more", "less", "per parcel", is_relative=True),
    ),
    Metric(
        "fill_mass_ratio", "Fill by mass", "%", Share((Sum.LOAD_MASS,), (Sum.PAYLOAD,)),
        "Mass put in for trips that began, over the vans' payload.", +1,
    ),
    Metric(
        "fill_volume_ratio", "Fill by volume", "%", Share((Sum.LOAD_VOLUME,), (Sum.CAPACITY,)),
        "Volume put in for trips that began, over what the vans can hold.", +1,
    ),
    Metric(
        "dwell_s_mean", "Dwell at a stop", "s/stop",
        Share((Sum.STOP_WAITING, Sum.SERVING), (Sum.STOPS,)),
        "How long a van stands at a consignee: waiting for the window, then serving.", -1,
    ),
    Metric(
        "stop_waiting_s_mean", "Waiting at a stop", "s/stop",
        Share((Sum.STOP_WAITING,), (Sum.STOPS,)),
        "How long a van that is too early stands at a consignee.", -1,
    ),
    Metric(
        "dock_queue_s_mean", "Wait for a dock", "s/trip", Share((Sum.DOCK_QUEUE,), (Sum.TRIPS,)),
        "How long a van stands at the depot before it is loaded.", -1,
    ),
    Metric(
        "charger_queue_s_mean", "Wait for a charger", "s/charge",
        Share((Sum.CHARGER_QUEUE,), (Sum.CHARGES,)),
        "How long a van stands at a charger before it is charged.", -1,
    ),
    _total("charges_count", Sum.CHARGES),
    _total("charging_h", Sum.CHARGING),
    _total("held_back_h", Sum.HELD_BACK, -1),
    _total("stuck_h", Sum.STUCK, -1),
    _total("breakdowns_count", Sum.BREAKDOWNS, -1),
    _total("rescues_count", Sum.RESCUES, -1),
)  # fmt: skip
"""What the operator of the vans pays for."""

ENERGY: Final = (
    _total("used_kwh", Sum.USED, -1),
    _total("charged_kwh", Sum.CHARGED),
    _total("grid_kwh", Sum.GRID, -1),
    Metric(
        "kwh_per_km", "Energy per km", "kWh/km", Share((Sum.USED,), (Sum.DISTANCE,)),
        "Energy used over distance; what is drawn while standing is in it.", -1,
    ),
    Metric(
        "kwh_per_parcel", "Energy per parcel", "kWh/parcel", Share((Sum.USED,), (Sum.DELIVERED,)),
        "Energy used over parcels delivered.", -1,
    ),
    Metric(
        "charge_ratio", "State of charge", "%", Share((Sum.BATTERY_HELD,), (Sum.BATTERY_SIZE,)),
        "Mean over the vans at the end of each hour.", +1,
    ),
    _total("emitted_gco2e", Sum.EMISSIONS, -1),
    Metric(
        "gco2e_per_parcel", "Emissions per parcel", "gCO2e/parcel",
        Share((Sum.EMISSIONS,), (Sum.DELIVERED,)),
        "Emissions over parcels delivered (GLEC allows items for parcels).",
        -1, Saying("emits", "more", "less", "per parcel", is_relative=True),
    ),
    _total("activity_tkm", Sum.ACTIVITY),
    Metric(
        "gco2e_per_tkm", "Emission intensity", "gCO2e/tkm",
        Share((Sum.EMISSIONS,), (Sum.ACTIVITY,)),
        "Emissions over transport activity, as ISO 14083 reports them.", -1,
    ),
)  # fmt: skip
"""What is drawn from batteries and grid, and what that emits."""

PLANNING: Final = (
    _total("solves_count", Sum.SOLVES),
    Metric(
        "solve_wait_s_mean", "Wait for a plan", "s/plan", Share((Sum.SOLVE_WAIT,), (Sum.SOLVED,)),
        "How long the planner took in the world's time; what the machine took is no metric of "
        "the day.", -1,
    ),
    _total("replans_count", Sum.REPLANS, -1),
    _total("resequenced_count", Sum.RESEQUENCED, -1),
    _total("dropped_count", Sum.DROPPED, -1),
    _total("moved_promises_count", Sum.MOVED_PROMISES, -1),
)  # fmt: skip
"""What the dispatcher did."""

GROUPS: Final = (
    ("Service", SERVICE),
    ("Fleet", FLEET),
    ("Energy and emissions", ENERGY),
    ("Planning", PLANNING),
)

METRICS: Final = tuple(metric for _, group in GROUPS for metric in group)
HEADLINES: Final = tuple(metric for metric in METRICS if metric.saying is not None)
BY_NAME: Final = {metric.name: metric for metric in METRICS}
