"""Messages that nobody should send, each with the cause that it must be counted by.

They come round in turn, the same in every run; the one of ten megabytes is rare, as a thousandth of
100,000 already is a gigabyte.
"""

import json
from dataclasses import dataclass

from dispatcher.live.warehouse import INCIDENTS_TOPIC
from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.agent import Agent
from vehicles.presets import preset

MANUFACTURER = "Robovan"
PLACE = LonLat(24.9414, 60.1711)
DEPOT_ID, OTHER_DEPOT_ID = "dep-1", "dep-2"
DEPOT_COUNT = 2
OUTCAST = "van-n-1"
"""A user who has no other part in a run."""

LARGE_EVERY = 1_000
LARGE = b'{"headerId": "' + b"x" * 10_000_000 + b'"}'


@dataclass(frozen=True, slots=True)
class Poison:
    """One message, and the broker's user who sends it.

    ``cause`` is None where it must reach nobody at all; ``counted`` is by how many depots.
    """

    topic: str
    payload: bytes
    cause: str | None
    by: str
    counted: int = 1


def state_of(van_id: str, number: int, **others: object) -> bytes:
    """Return a good state of a van that stands idle, but for what is told."""
    agent = Agent(
        MANUFACTURER,
        van_id,
        LocalFrame(PLACE, "helsinki"),
        place=PLACE,
        battery_mwh=20_000_000,
        battery_mwh_max=preset("robovan-m").battery_mwh,
    )
    state = json.loads(agent.state(Instant(1_772_427_600_000 + number)).encode())
    return json.dumps({**state, "headerId": number, **others}).encode()


def rounds(van_id: str, depot_id: str = DEPOT_ID) -> tuple[Poison, ...]:
    """Return one round of poison, sent in the name of a van and of a depot's warehouse."""
    own, van_user = f"uagv/v2/{MANUFACTURER}/{van_id}", f"van-{van_id}"
    good = state_of(van_id, 1)
    states = {
        "invalid": (
            good[: len(good) // 2],
            b"NaN",
            good.replace(b'"headerId": 1', b'"headerId": NaN'),
            b"[" * 20_000,
            b'{"a":' * 20_000,
            b"\xff\xfe\x00",
            b"",
        ),
        "wrong_serial": (state_of("m-9999", 1), state_of(van_id.upper(), 1)),
        "unknown_version": (state_of(van_id, 1, version="99.0.0"),),
        "too_many_nodes": (b'{"nodeStates": [' + b'{"sequenceId":1},' * 5_000,),
    }
    connections = (b"{", state_of(van_id, 1), good.replace(b"driving", b"connectionState"))
    junk = b"{", b'{"parcel_id": 1e999}'
    depot = f"robovan/v1/depots/{depot_id}"
    hostile = (
        f"{own}/state/../../order",
        f"uagv/v2/{MANUFACTURER}/\u202e{van_id}/state",
        f"uagv/v2/{'x' * 60_000}/{van_id}/state",
        "robovan/v1/depots/dep-1'; DROP TABLE journal_entry;--/parcels",
        "uagv/v2//" + "/" * 100,
    )
    said = [(f"{own}/state", one, cause) for cause, some in states.items() for one in some]
    said += [(f"{own}/connection", one, "invalid") for one in connections]
    return (
        *(Poison(topic, payload, cause, van_user) for topic, payload, cause in said),
        *(
            Poison(f"{depot}/{tail}", payload, "invalid", f"warehouse-{depot_id}")
            for tail in ("parcels", "parcels/cancel", "loaded")
            for payload in junk
        ),
        Poison(INCIDENTS_TOPIC, b'{"incident_id": NaN}', "invalid", "world", DEPOT_COUNT),
        # NATS hangs up on some of these names: on nobody who has more to say.
        *(Poison(topic, good, None, OUTCAST) for topic in hostile),
    )


def large(van_id: str) -> Poison:
    """Return a message of ten megabytes."""
    topic = f"uagv/v2/{MANUFACTURER}/{van_id}/state"
    return Poison(topic, LARGE, "too_large", f"van-{van_id}")
