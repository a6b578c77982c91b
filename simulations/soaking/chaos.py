"""A small day on which much goes wrong, all of it drawn from one seed.

Decides what kind of day a seed is: fleet, policies, parcels, network, roads, and the hours at which
things break. Which troubles there are at all differs from day to day, so that each is also met
alone. What they lead to is the city's. All figures are assumed: chosen so that a day has some of
everything, and still delivers most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dispatcher.core.holds import HoldKind
from dispatcher.core.parcels import Parcel
from dispatcher.core.policies.registry import BATCHING, CHARGING
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, Station, VanSetup
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later, parse_rfc3339
from simulations.days.troubles import (
    Breakdown,
    Cancellation,
    ManualHold,
    RoadTroubles,
    Troubles,
    apart,
)
from simulations.rng import Stream, Streams
from simulations.surroundings import Luck
from simulations.world.post import Network, Span
from vehicles.presets import preset

DEPOT_ID: Final = "hel-01"
DEPOT: Final = LonLat(24.9362, 60.1716)
"""Beside Arkadiankatu in Helsinki."""
START: Final = parse_rfc3339("2026-03-02T08:00:00+02:00")
DAY_S: Final = 14 * 3600
"""After so long everything is at rest, or never will be."""
SHIFT_S_LONG: Final = Seconds(12 * 3600)
TROUBLE_S: Final = 5 * 3600
"""Troubles begin within the first hours; the rest of the day is there to recover."""

MODELS: Final = ("robovan-m", "robovan-m", "robovan-l", "neolix-x3")
VAN_COUNT: Final = (5, 7)
PARCEL_COUNT: Final = (60, 90)
SCARCE_RATIO: Final = 0.2
"""Share of days with few vans of small batteries: the city's centre empties no usual one, and who
does not watch the charge finds that out on such a day only."""
SCARCE_VAN_COUNT: Final = (2, 3)
SCARCE_BATTERY_MWH: Final = 7_000_000
SCARCE_RESERVE_RATIO: Final = 0.36
"""Two or three trips' worth, and a reserve for an hour broken down and one in a jam."""
HOLDING_RATIO: Final = 0.3
"""Share of days on which somebody holds vans, parcels or the depot by hand."""
HOLD_KINDS: Final = (HoldKind.VAN, HoldKind.VAN, HoldKind.PARCEL, HoldKind.PARCEL, HoldKind.DEPOT)
AWAY_S_MAX: Final = (60, 300, 600)
"""How long a van may be away: for less than the usual time too, so that more trips are taken back
whose vans are at the dock all the while."""
REPLANNING_RATIO: Final = 0.9
"""Share of days on which plans are made anew when something comes between."""


@dataclass(frozen=True, slots=True)
class ChaosDay:
    """Everything that a seed decides.

    Attributes
    ----------
    broken_ids, repeated_ids
        Parcels announced wrongly, and announced twice.
    wrong_ratio
        Share of parcels in whose place another one is loaded.
    network
        Holds the spans without broker or line; ``troubles`` all else.
    """

    seed: int
    setup: DepotSetup
    parcels: tuple[Parcel, ...]
    broken_ids: frozenset[str]
    repeated_ids: frozenset[str]
    wrong_ratio: float
    network: Network
    luck: Luck
    troubles: Troubles


def depot_setup(streams: Streams, stations: tuple[Station, ...]) -> DepotSetup:
    """Return a day's depot: its policies, a few vans, some nearly empty or on a short shift."""
    stream, policies = streams.stream("chaos/fleet"), streams.stream("chaos/policies")
    depot = Depot(
        DEPOT_ID,
        DEPOT,
        "Europe/Helsinki",
        docks=stream.randint(2, 4),
        loading_s=300,
        plugs=stream.randint(1, 3),
        plug_power_w=22_000,
    )
    vans = tuple(_van(stream, number) for number in range(1, stream.randint(*VAN_COUNT) + 1))
    batteries = streams.stream("chaos/batteries")
    if batteries.random() < SCARCE_RATIO:
        count = batteries.randint(*SCARCE_VAN_COUNT)
        vans = tuple(_scarce(van, batteries) for van in vans[:count])
    settings = PlanSettings(
        effort=1,
        wave_parcels=stream.choice((12, 20, 40)),
        wave_age_s=stream.choice((600, 900)),
        released_s_min=stream.choice((60, 120, 180)),
        trip_s_max=stream.choice((5400, 7200, 10_800)),
        batching=policies.choice(sorted(BATCHING)),
        charging=policies.choice(sorted(CHARGING)),
        replanning=policies.random() < REPLANNING_RATIO,
        away_s_max=streams.stream("chaos/away").choice(AWAY_S_MAX),
    )
    return DepotSetup(depot, vans, stations, settings)


def chaos_day(seed: int, setup: DepotSetup, parcels: tuple[Parcel, ...]) -> ChaosDay:
    """Return the day of a seed, with the depot and the parcels that were drawn for it."""
    streams = Streams(seed)
    ids = [parcel.parcel_id for parcel in parcels]
    odd = streams.stream("chaos/warehouse").sample(ids, 4)
    return ChaosDay(
        seed,
        setup,
        parcels,
        broken_ids=frozenset(odd[:1]),
        repeated_ids=frozenset(odd[1:]),
        wrong_ratio=_perhaps(streams.stream("chaos/wrong"), 0.06),
        network=_network(streams.stream("chaos/network"), setup),
        luck=_luck(streams.stream("chaos/luck")),
        troubles=Troubles(
            roads=RoadTroubles(sudden=_incidents(streams.stream("chaos/roads"), parcels)),
            breakdowns=_breakdowns(streams.stream("chaos/troubles"), setup),
            cancellations=_recalls(streams.stream("chaos/recalls"), parcels),
            holds=_holds(streams.stream("chaos/holds"), setup, parcels),
            kills=_spans(streams.stream("chaos/kills"), 3, (5, 300)),
        ),
    )


def parcel_count(streams: Streams) -> int:
    """Return how many parcels a day has."""
    return streams.stream("chaos/parcels").randint(*PARCEL_COUNT)


def _van(stream: Stream, number: int) -> VanSetup:
    spec = preset(stream.choice(MODELS))
    ratio = stream.uniform(0.45, 0.95)
    if stream.random() < 0.25:  # little more than the reserve
        ratio = spec.reserve_ratio + stream.uniform(0.02, 0.12)
    shift_s = stream.choice((4, 8, 12)) * 3600
    return VanSetup(
        f"van-{number:02}",
        spec,
        int(spec.battery_mwh * ratio),
        later(START, Seconds(-3600)),
        later(START, Seconds(shift_s)),
    )


def _scarce(van: VanSetup, stream: Stream) -> VanSetup:
    """Return a van with a small battery, well charged, for the whole day."""
    spec = replace(van.spec, battery_mwh=SCARCE_BATTERY_MWH, reserve_ratio=SCARCE_RESERVE_RATIO)
    battery_mwh = int(spec.battery_mwh * stream.uniform(0.75, 1.0))
    return replace(van, spec=spec, battery_mwh=battery_mwh, shift_end=later(START, SHIFT_S_LONG))


def _network(stream: Stream, setup: DepotSetup) -> Network:
    """Return a network with some of its faults; each is there on about half of the days."""
    silent = stream.sample([van.van_id for van in setup.vans], stream.randint(0, 2))
    return Network(
        lost_ratio=_perhaps(stream, 0.05),
        doubled_ratio=_perhaps(stream, 0.2),
        late_ratio=_perhaps(stream, 0.3),
        late_ms_max=stream.choice((2000, 20_000, 120_000)),
        broker_away=_spans(stream, 2, (10, 600)),
        line_away={van_id: _spans(stream, 2, (30, 1200)) for van_id in silent},
    )


def _luck(stream: Stream) -> Luck:
    return Luck(
        drive_spread=stream.uniform(0.02, 0.15),
        energy_spread=stream.uniform(0.02, 0.1),
        absent_ratio=_perhaps(stream, 0.1),
        missing_ratio=_perhaps(stream, 0.06),
    )


def _breakdowns(stream: Stream, setup: DepotSetup) -> tuple[Breakdown, ...]:
    van_ids = [van.van_id for van in setup.vans]
    is_scarce = setup.vans[0].spec.battery_mwh == SCARCE_BATTERY_MWH
    found = tuple(
        Breakdown(stream.choice(van_ids), _at(stream), stream.randint(60, 3600), is_rescued=False)
        for _ in range(stream.randint(0, 4))
    )
    return found[:1] if is_scarce else found  # a reserve is not for more


def _incidents(stream: Stream, parcels: Sequence[Parcel]) -> tuple[Incident, ...]:
    """Return jams and closures on ways to consignees."""
    found: list[Incident] = []
    for number in range(1, stream.randint(0, 4) + 1):
        begin = _at(stream)
        found.append(
            Incident(
                f"inc-{number}",
                (stream.choice(parcels).place,),
                buffer_m=stream.randint(30, 250),
                speed_ratio=stream.choice((0.0, 0.1, 0.3)),
                starts_at=begin,
                ends_at=later(begin, Seconds(stream.randint(300, 5400))),
            )
        )
    return tuple(found)


def _recalls(stream: Stream, parcels: Sequence[Parcel]) -> tuple[Cancellation, ...]:
    chosen = stream.sample(parcels, stream.randint(0, 6))
    return tuple(
        Cancellation(parcel.parcel_id, later(parcel.ready_at, Seconds(stream.randint(1, 7200))))
        for parcel in chosen
    )


def _holds(stream: Stream, setup: DepotSetup, parcels: Sequence[Parcel]) -> tuple[ManualHold, ...]:
    if stream.random() >= HOLDING_RATIO:
        return ()
    found: list[ManualHold] = []
    for _ in range(stream.randint(1, 6)):
        kind, parcel = stream.choice(HOLD_KINDS), stream.choice(parcels)
        begin = _at(stream)
        subject_id = setup.depot.depot_id
        if kind is HoldKind.VAN:
            subject_id = stream.choice(setup.vans).van_id
        elif kind is HoldKind.PARCEL:
            begin = max(START, later(parcel.ready_at, Seconds(stream.randint(-1800, 3600))))
            subject_id = parcel.parcel_id
        end = later(begin, Seconds(stream.randint(60, 5400)))
        found.append(ManualHold(kind, subject_id, Span(begin, end)))
    return tuple(found)


def _spans(stream: Stream, count_max: int, length_s: tuple[int, int]) -> tuple[Span, ...]:
    """Return stretches of time, those that meet joined."""
    begins = [_at(stream) for _ in range(stream.randint(0, count_max))]
    return apart(Span(at, later(at, Seconds(stream.randint(*length_s)))) for at in begins)


def _at(stream: Stream) -> Instant:
    return Instant(START + stream.randrange(TROUBLE_S * 1000))


def _perhaps(stream: Stream, most: float) -> float:
    """Return nothing, or a ratio up to the largest."""
    is_there, ratio = stream.random() < 0.5, stream.uniform(0, most)
    return ratio if is_there else 0.0
