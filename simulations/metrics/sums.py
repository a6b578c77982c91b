"""What is counted of a simulated day: each sum with its unit, its meaning, and its hour.

Everything here adds up: over hours, over vans, over depots. What does not, such as a mean or a
share, is made of these sums in ``table``, so that a day's figure is never a mean of means.
"""

from collections.abc import Callable
from enum import Enum

from maps.units import (
    grams,
    hours,
    kilograms,
    kilometres,
    kilowatt_hours,
    litres,
    seconds,
    tonne_kilometres,
)


def _as_is(count: float) -> float:
    return count


class Sum(Enum):
    """Something that adds up.

    Attributes
    ----------
    words
        What it is, in a few words.
    unit
        As people see it.
    shown
        From the whole numbers that are kept to that unit.
    meaning
        What counts, and in which hour.
    """

    ANNOUNCED = (
        "parcels announced",
        "parcels",
        _as_is,
        (
            "Distinct announcements by the warehouse, those that were no valid parcel included; in "
            "the hour of the first answer. A second try is an announcement of its own."
        ),
    )
    REJECTED = (
        "parcels rejected",
        "parcels",
        _as_is,
        ("Announcements that were no valid parcel, or a valid one that was not taken on."),
    )
    CANCELLED = (
        "parcels cancelled",
        "parcels",
        _as_is,
        ("Taken back by the warehouse before they were in a van."),
    )
    DUE = (
        "parcels to be delivered",
        "parcels",
        _as_is,
        (
            "Taken on and not cancelled: delivered, returned, unserved and held ones; in the "
            "hour in which each came to its end, held ones in the last. A second try counts as a "
            "parcel of its own."
        ),
    )
    DELIVERED = (
        "parcels delivered",
        "parcels",
        _as_is,
        ("Handed over; in the hour in which service began."),
    )
    ON_TIME = (
        "parcels delivered on time",
        "parcels",
        _as_is,
        (
            "Delivered, and service began no later than the parcel's window ended; it begins "
            "when the van has arrived and the window has begun."
        ),
    )
    RETURNED = (
        "parcels returned",
        "parcels",
        _as_is,
        ("Brought back to the depot, for whatever reason; cancelled under way included."),
    )
    UNSERVED = (
        "parcels unserved",
        "parcels",
        _as_is,
        ("Given up by the dispatcher with a reason; they are at the depot."),
    )
    HELD_PARCELS = (
        "parcels held",
        "parcels",
        _as_is,
        ("At the end of the day none of these: still waiting, ordered, aboard or coming back."),
    )
    LATENESS = (
        "lateness",
        "s",
        seconds,
        ("From the window's end to the beginning of service, of parcels delivered late."),
    )
    ATTEMPTED = (
        "parcels attempted",
        "parcels",
        _as_is,
        (
            "A van tried to hand them over at least once; in the hour of the first attempt. Of a "
            "parcel that goes out again only the first try counts."
        ),
    )
    FIRST_TIME = (
        "parcels delivered at the first attempt",
        "parcels",
        _as_is,
        ("Handed over the first time that a van tried."),
    )
    TRIPS = (
        "trips",
        "trips",
        _as_is,
        (
            "Left the depot with parcels; in the hour in which the first node was reached. "
            "Turns at the depot's charger are none."
        ),
    )
    STOPS = "stops", "stops", _as_is, "Consignees reached; in the hour of arrival."
    LOAD_MASS = (
        "mass loaded",
        "kg",
        kilograms,
        (
            "Of all parcels put in as ordered for trips that began; what was put in by mistake is "
            "left out."
        ),
    )
    PAYLOAD = "payload offered", "kg", kilograms, "Of the vans, once for every trip that began."
    LOAD_VOLUME = "volume loaded", "l", litres, "Of the same parcels."
    CAPACITY = "volume offered", "l", litres, "Of the vans, once for every trip that began."
    DISTANCE = "distance", "km", kilometres, "Driven, by the vans' odometers."
    EMPTY_DISTANCE = "empty distance", "km", kilometres, "Driven with nothing aboard."
    SHIFT = (
        "time on shift",
        "h",
        hours,
        "Of all vans, with something to do or not, for as long as the day lasted.",
    )
    WORKED = (
        "time at work",
        "h",
        hours,
        (
            "Of all vans: loading, driving, waiting, serving, standing still on a trip. Resting, "
            "charging and standing in line for a charger are not."
        ),
    )
    DRIVING = "time driving", "h", hours, "Of all vans."
    STOP_WAITING = "time waiting at stops", "s", seconds, "For a window to begin."
    SERVING = "time serving", "s", seconds, "Handing over at stops, or trying to."
    DOCK_QUEUE = (
        "time waiting for a dock",
        "s",
        seconds,
        ("Standing at the depot with an order before loading or emptying begins."),
    )
    CHARGER_QUEUE = (
        "time waiting for a charger",
        "s",
        seconds,
        ("Standing at a charger before charging begins; like charging, it is no time at work."),
    )
    CHARGING = "time charging", "h", hours, "At the depot and elsewhere."
    HELD_BACK = (
        "time held back",
        "h",
        hours,
        ("With an order in force and nothing released to drive or do."),
    )
    STUCK = "time stuck", "h", hours, "Broken down, or with an empty battery."
    CHARGES = (
        "charges",
        "charges",
        _as_is,
        ("Chargers reached, the depot's included; in the hour of arrival."),
    )
    BREAKDOWNS = (
        "breakdowns",
        "breakdowns",
        _as_is,
        (
            "Times that a van broke down, whether it went on by itself or somebody had to come; an "
            "empty battery is none."
        ),
    )
    RESCUES = (
        "rescues",
        "rescues",
        _as_is,
        (
            "Times that somebody had to come to a van: broken down, or with an empty battery on "
            "the road."
        ),
    )
    USED = (
        "energy used",
        "kWh",
        kilowatt_hours,
        ("What the batteries gave: traction, and auxiliary power while on the road."),
    )
    CHARGED = "energy charged", "kWh", kilowatt_hours, "What the batteries took, rescues included."
    GRID = (
        "energy from the grid",
        "kWh",
        kilowatt_hours,
        ("What had to be bought for what was used: energy used over the charging efficiency."),
    )
    EMISSIONS = (
        "emissions",
        "gCO2e",
        grams,
        (
            "Energy from the grid times the scenario's factor; well-to-wheel, as ISO 14083 asks, "
            "if the factor is: generation, upstream and losses of the network. A battery van "
            "itself emits nothing."
        ),
    )
    ACTIVITY = (
        "transport activity",
        "tkm",
        tonne_kilometres,
        (
            "Mass times great-circle distance from the depot to the consignee, of every parcel "
            "delivered: the way the goods had to go, not the way the van took."
        ),
    )
    BATTERY_HELD = (
        "charge held",
        "kWh",
        kilowatt_hours,
        ("What the batteries held at the end of each hour."),
    )
    BATTERY_SIZE = (
        "battery size",
        "kWh",
        kilowatt_hours,
        ("What they can hold, once for each hour."),
    )
    SOLVES = "plans asked for", "plans", _as_is, "Questions to the planner."
    SOLVE_WAIT = (
        "time until a plan was there",
        "s",
        seconds,
        ("In the world's time, from the question to the answer; in the hour of the answer."),
    )
    SOLVED = "plans answered", "plans", _as_is, "Answers of the planner."
    REPLANS = (
        "replans",
        "replans",
        _as_is,
        ("Orders under way that a new plan changed, one for each van and plan."),
    )
    RESEQUENCED = (
        "stops resequenced",
        "stops",
        _as_is,
        ("Stops that a replan put behind another stop than before."),
    )
    DROPPED = (
        "stops dropped",
        "stops",
        _as_is,
        ("Stops that a replan left out of an order under way."),
    )
    MOVED_PROMISES = (
        "promises moved",
        "stops",
        _as_is,
        ("Stops whose planned arrival a replan moved by more than a minute, earlier or later."),
    )

    words: str
    unit: str
    shown: Callable[[float], float]
    meaning: str
    index: int

    def __init__(
        self, words: str, unit: str, shown: Callable[[float], float], meaning: str
    ) -> None:
        self.words, self.unit, self.shown, self.meaning = words, unit, shown, meaning
        self.index = len(type(self).__members__)
