"""A day small enough to be counted by hand: two vans, six parcels, one of each fate."""

from dataclasses import dataclass, field, replace

from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, VanSetup
from dispatcher.core.snapshot import NodeRecord, ParcelRecord, Snapshot, TripRecord
from dispatcher.journal.records import Entry
from maps.geometry import LocalFrame, encode_polyline
from maps.places import LonLat
from maps.units import Instant, Seconds, later, parse_rfc3339
from simulations.logbook import Doing, Handling
from simulations.metrics.day import DepotMetrics
from simulations.metrics.grid import Grid
from simulations.metrics.meter import Meter
from simulations.rng import Streams
from simulations.surroundings import Surroundings, VanStart
from simulations.van import SimulatedVan
from vehicles.presets import preset
from vehicles.trip import ActionKind, NodeKind

EIGHT = parse_rfc3339("2026-03-02T08:00:00+02:00")
DEPOT = LonLat(24.94, 60.17)
FRAME = LocalFrame(DEPOT, "dep")
SPEC = preset("robovan-m")
GRID = Grid(gco2e_per_kwh=100.0, charging_efficiency_ratio=0.8)


def at(minutes: float) -> Instant:
    """Return an instant so many minutes after eight."""
    return later(EIGHT, Seconds(int(minutes * 60)))


def parcel(parcel_id: str, *, mass_g=2000, metres=1000):
    return Parcel(
        parcel_id=parcel_id,
        depot_id="dep",
        consignee_id=f"c-{parcel_id}",
        place=FRAME.to_place(metres, 0.0),
        label="",
        mass_g=mass_g,
        volume_ml=10_000,
        locker="none",
        ready_at=EIGHT,
        due_from=EIGHT,
        due_until=at(60),
        service_s=60,
        priority=0,
    )


def record(one: Parcel, status: ParcelStatus, minute: float, *, trip="t-1", reason="", van="v-1"):
    served = at(minute) if status is ParcelStatus.DELIVERED else None
    return ParcelRecord(
        parcel=one,
        status=status,
        status_at=at(minute),
        van_id=van,
        trip_id=trip,
        stop_id=None,
        expected_at=None,
        served_at=served,
        reason=reason,
        detail="",
    )


def node(kind: NodeKind, minute: float | None, *parcel_ids: str, metres=0, drive_s=60):
    place = FRAME.to_place(metres, 0.0)
    arrived = None if minute is None else at(minute)
    return NodeRecord(
        kind=kind,
        place=place,
        label="",
        stop_id=None,
        station_id=None,
        parcel_ids=parcel_ids,
        drive_s=drive_s,
        distance_m=1000,
        shape=encode_polyline([DEPOT, place]),
        energy_mwh=0,
        arrive_at=EIGHT,
        begin_at=EIGHT,
        leave_at=EIGHT,
        window_begin=None,
        window_end=None,
        battery_mwh=0,
        charge_mwh_target=None,
        slack_s=0,
        arrived_at=arrived,
        battery_mwh_arrived=None,
    )


def van(van_id: str, battery_mwh: int) -> SimulatedVan:
    around = Surroundings(FRAME, roads=None, chargers=())  # type: ignore[arg-type]
    start = VanStart(van_id, SPEC, DEPOT, battery_mwh)
    return SimulatedVan(start, around, streams=Streams(1), now=EIGHT)


@dataclass
class HandMadeDay:
    """What a meter is shown: its depot, events, and the end."""

    setup: DepotSetup
    snapshot: Snapshot
    vans: dict[str, SimulatedVan]
    told: list[tuple[Entry, tuple]] = field(default_factory=list)

    def tell(self, minute: float, event, *decisions) -> None:
        """Let something happen."""
        entry = Entry(self.setup.depot.depot_id, len(self.told) + 1, at(minute), event)
        self.told.append((entry, decisions))

    def metrics(self, *, filming=False, retrying=False) -> DepotMetrics:
        """Return what a meter makes of it."""
        meter = Meter(self.setup, GRID, filming=filming, retrying=retrying)
        for entry, decisions in self.told:
            meter(entry, decisions)
        return meter.counted(self.snapshot, self.vans)


def setup_of(depot_id: str, *van_ids: str) -> DepotSetup:
    return DepotSetup(
        depot=Depot(depot_id, DEPOT, "Europe/Helsinki", 1, 300, 1, 11_000),
        vans=tuple(VanSetup(one, SPEC, 20_000_000, EIGHT, at(240)) for one in van_ids),
        stations=(),
        settings=PlanSettings(),
    )


def ended(setup: DepotSetup, parcels, trips) -> Snapshot:
    return Snapshot(
        as_of=at(119),
        setup=setup,
        announced=len(parcels),
        parcels=tuple(parcels),
        refused=(),
        trips=tuple(trips),
        vans=(),
        replans=(),
        incidents=(),
        holds=(),
        events_handled=0,
    )


def hand_made_day() -> HandMadeDay:
    """Return a day: one parcel on time, one late, one returned, unserved, held, cancelled each.

    v-1 makes one trip with three of them: its stop is reached 30 minutes after eight, the late
    parcel's 65 minutes after. v-2 rests all day. The world ends 119 minutes after eight.
    """
    setup = setup_of("dep", "v-1", "v-2")
    parcels = (
        record(parcel("on-time"), ParcelStatus.DELIVERED, 32),
        record(parcel("late", mass_g=3000, metres=2000), ParcelStatus.DELIVERED, 66),
        record(parcel("back"), ParcelStatus.RETURNED, 80, reason="handover_failed"),
        record(parcel("never"), ParcelStatus.UNSERVED, 70, reason="window", van=None, trip=None),
        record(parcel("waits"), ParcelStatus.WAITING, 0, reason="capacity", van=None, trip=None),
        record(parcel("gone"), ParcelStatus.CANCELLED, 10, van=None, trip=None),
    )
    trip = TripRecord(
        trip_id="t-1",
        van_id="v-1",
        revision=1,
        status="finished",
        charging_only=False,
        dock=1,
        nodes=(
            node(NodeKind.START, 5, "back", "late", "on-time"),
            node(NodeKind.WAYPOINT, 20),
            node(NodeKind.STOP, 30, "on-time", metres=1000),
            node(NodeKind.STOP, 65, "late", "back", metres=2000),
            node(NodeKind.END, 80),
        ),
    )
    turn = replace(
        trip, trip_id="t-2", charging_only=True, nodes=(node(NodeKind.CHARGE, 85),), van_id="v-1"
    )
    made = HandMadeDay(
        setup,
        ended(setup, parcels, (trip, turn)),
        {"v-1": van("v-1", 18_000_000), "v-2": van("v-2", 30_000_000)},
    )
    write_logbook(made.vans["v-1"])
    return made


def write_logbook(one: SimulatedVan) -> None:
    """Let a van have loaded, driven out and back, served twice and waited once."""
    totals = (
        (Doing.LOADING, 0, 10, (0.0, 0.0, 0.0)),
        (Doing.DRIVING_LOADED, 10, 30, (4000.0, 800_000.0, 0.0)),
        (Doing.SERVING, 30, 34, (4000.0, 900_000.0, 0.0)),
        (Doing.STOP_WAITING, 34, 36, (4000.0, 1_000_000.0, 0.0)),
        (Doing.DRIVING_LOADED, 36, 65, (8000.0, 1_600_000.0, 0.0)),
        (Doing.SERVING, 65, 67, (8000.0, 1_600_000.0, 0.0)),
        (Doing.DRIVING_EMPTY, 67, 80, (10_000.0, 2_000_000.0, 0.0)),
        (Doing.CHARGER_QUEUE, 80, 85, (10_000.0, 2_000_000.0, 0.0)),
        (Doing.CHARGING, 85, 119, (10_000.0, 2_000_000.0, 500_000.0)),
    )
    for doing, begin, end, counters in totals:
        one.logbook.note(doing, at(begin), at(end), counters)
    one.driven_m, one.used_mwh, one.charged_mwh = totals[-1][3]
    one.logbook.rescues.append(at(40))
    for parcel_id in ("back", "late", "on-time"):
        pick = Handling(ActionKind.PICK, parcel_id, f"t-1/pick/{parcel_id}", at(10))
        one.logbook.handlings.append(pick)
    one.advance(at(119))
