"""Messages that nobody should send, each with the cause that it must be counted by.

They come round in turn, the same in every run; the one of ten megabytes is rare, as a thousandth of
100,000 already is a gigabyte.
"""

import json
from dataclasses import dataclass

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.agent import Agent
from vehicles.presets import preset

MANUFACTURER = "Robovan"
PLACE = LonLat(24.9414, 60.1711)
DEPOT = "robovan/v1/depots/dep-1"
LARGE_EVERY = 1_000
LARGE = b'{"headerId": "' + b"x" * 10_000_000 + b'"}'


@dataclass(frozen=True, slots=True)
class Poison:
    """One message; ``cause`` is None where it must reach nobody at all."""

    topic: str
    payload: bytes
    cause: str | None


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


def rounds(van_id: str) -> tuple[Poison, ...]:
    """Return one round of poison, sent in the name of a van."""
    own = f"uagv/v2/{MANUFACTURER}/{van_id}"
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
    return (
        *(Poison(f"{own}/state", one, cause) for cause, some in states.items() for one in some),
        *(Poison(f"{own}/connection", one, "invalid") for one in connections),
        *(
            Poison(f"{DEPOT}/{tail}", payload, "invalid")
            for tail in ("parcels", "parcels/cancel", "loaded")
            for payload in (b"{", b'{"parcel_id": 1e999}')
        ),
        Poison("robovan/v1/roads/incidents", b'{"incident_id": NaN}', "invalid"),
        Poison(f"{own}/state/../../order", good, None),
        Poison(f"uagv/v2/{MANUFACTURER}/\u202e{van_id}/state", good, None),
        Poison(f"uagv/v2/{'x' * 60_000}/{van_id}/state", good, None),
        Poison("robovan/v1/depots/dep-1'; DROP TABLE journal_entry;--/parcels", good, None),
        Poison("uagv/v2//" + "/" * 100, good, None),
    )


def large(van_id: str) -> Poison:
    """Return a message of ten megabytes."""
    return Poison(f"uagv/v2/{MANUFACTURER}/{van_id}/state", LARGE, "too_large")
