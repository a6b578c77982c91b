"""A van on straight roads, and the orders that it is given: small enough to count by hand."""

from itertools import pairwise

from maps.geometry import LocalFrame, encode_polyline
from maps.places import LonLat, great_circle_m
from maps.units import Instant, Seconds, later, parse_rfc3339
from simulations.rng import Streams
from simulations.roads import RoadPiece
from simulations.stands import Stands
from simulations.surroundings import Luck, Surroundings, VanStart
from simulations.van import SimulatedVan
from vehicles.presets import preset
from vehicles.trip import ActionKind, NodeKind, TripAction, TripNode, TripWish
from vehicles.vda5050.orders import order_of

START = parse_rfc3339("2026-03-02T08:00:00+02:00")
DEPOT = LonLat(24.94, 60.17)
SPEC = preset("robovan-m")
FRAME = LocalFrame(DEPOT, "dep-1")
SPEED_MPS = 8.0
A_UWH_PER_M, B_NWH_PER_KG_M = 60_000.0, 40_000.0
NO_LUCK = Luck(drive_spread=0, energy_spread=0, service_spread=0, loading_spread=0, absent_ratio=0)


class StraightRoads:
    """Roads that are all alike and run east, so that sums can be done by hand."""

    def pieces(self, line, now, ahead=()):
        """Return one piece per two places."""
        found = []
        for start, end in pairwise(line):
            m = great_circle_m(start, end)
            if m > 0:
                energies = A_UWH_PER_M * m, B_NWH_PER_KG_M * m
                found.append(RoadPiece(start, end, m, SPEED_MPS, *energies, edge=0))
        return tuple(found)

    def speed_ratio(self, piece, incidents):
        """Return the worst ratio of the incidents between whose ends the piece has its middle."""
        middle = (piece.start.lon + piece.end.lon) / 2
        met = [one for one in incidents if one.line[0].lon <= middle <= one.line[-1].lon]
        return min((one.speed_ratio for one in met), default=1.0)


def east(metres):
    return FRAME.to_place(metres, 0.0)


def node(kind, metres, *, actions=(), before=None, window=None, node_id=None):
    line = () if before is None else (east(before), east(metres))
    return TripNode(
        node_id=node_id or f"{kind.value}-{metres}",
        kind=kind,
        place=east(metres),
        label="",
        actions=tuple(actions),
        drive_s=0,
        distance_m=0 if before is None else abs(metres - before),
        shape="" if before is None else encode_polyline(line),
        arrive_at=START,
        leave_at=START,
        window_begin=window,
        window_end=None if window is None else later(window, Seconds(3600)),
    )


def pick(parcel_id, duration_s=100):
    return TripAction(f"t/pick/{parcel_id}", ActionKind.PICK, parcel_id, duration_s)


def drop(parcel_id, duration_s=50):
    return TripAction(f"t/drop/{parcel_id}", ActionKind.DROP, parcel_id, duration_s)


def order(*nodes, released=None, trip_id="t"):
    count = len(nodes) if released is None else released
    wish = TripWish(trip_id, "van-1", tuple(nodes), count)
    return order_of(
        wish,
        0,
        update_id=0,
        header_id=1,
        timestamp=START,
        manufacturer=SPEC.manufacturer,
        frame=FRAME,
    )


def van(
    van_id="van-1",
    *,
    battery_mwh=20_000_000,
    luck=NO_LUCK,
    seed=1,
    mass=None,
    roads=None,
    stands=None,
):
    around = Surroundings(
        FRAME,
        roads or StraightRoads(),
        ((DEPOT, 22_000),),
        mass or {"p": 10_000, "q": 5_000},
        stands=stands or Stands(),
    )
    return SimulatedVan(
        VanStart(van_id, SPEC, DEPOT, battery_mwh),
        around,
        streams=Streams(seed),
        now=START,
        luck=luck,
    )


def at(seconds):
    return Instant(START + int(seconds * 1000))


def run_to_the_end(one, *, steps_max=10_000):
    """Jump from event to event, as the offline simulation will; return when nothing is left."""
    now = START
    for _ in range(steps_max):
        event_at = one.next_event_at()
        if event_at is None:
            return now
        assert event_at >= now
        now = event_at
        one.advance(now)
    raise AssertionError("it never ends")


TRIP = (
    node(NodeKind.START, 0, actions=[pick("p"), pick("q")]),
    node(NodeKind.WAYPOINT, 400, before=0),
    node(NodeKind.STOP, 800, before=400, actions=[drop("p"), drop("q")]),
    node(NodeKind.END, 0, before=800),
)


def spent_s(one, doing):
    return (
        sum(spent.span_ms for (_, done), spent in one.logbook.hours.items() if done is doing) / 1e3
    )
