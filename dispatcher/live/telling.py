"""From decisions to messages: what the world is told, on which topic.

Only decisions that become one message for whoever listens; orders to vans go through their
sessions, questions to the planner through ``solving``.
"""

from dataclasses import dataclass
from typing import assert_never

from dispatcher.announcing import WireModel
from dispatcher.core.decisions import Accept, ConfirmCancel, Load, Publish, Reject, Withdraw
from dispatcher.live.warehouse import (
    Accepted,
    Cancelled,
    Loading,
    ParcelEvent,
    Rejected,
    Withdrawal,
    depot_topic,
    events_topic,
)

Told = Accept | Reject | ConfirmCancel | Load | Withdraw | Publish
"""The decisions that are messages."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be published at QoS 1, and the journal entry that caused it."""

    sequence: int
    topic: str
    payload: bytes


def letter_of(decision: Told, *, depot_id: str, sequence: int) -> Letter:
    """Return the message that carries a decision out."""
    topic, message = _message_of(decision, depot_id)
    return Letter(sequence, topic, message.encode())


def _message_of(decision: Told, depot_id: str) -> tuple[str, WireModel]:
    match decision:
        case Accept(parcel_id):
            return depot_topic(depot_id, "parcels/accepted"), Accepted(parcel_id=parcel_id)
        case Reject(parcel_id, reasons):
            rejected = Rejected(parcel_id=parcel_id, reasons=reasons)
            return depot_topic(depot_id, "parcels/rejected"), rejected
        case ConfirmCancel(parcel_id, aboard):
            cancelled = Cancelled(parcel_id=parcel_id, aboard=aboard)
            return depot_topic(depot_id, "parcels/cancelled"), cancelled
        case Load(trip_id, van_id, dock, parcel_ids, from_at, until_at):
            loading = Loading(
                trip_id=trip_id,
                van_id=van_id,
                dock=dock,
                parcel_ids=parcel_ids,
                from_at=from_at,
                until_at=until_at,
            )
            return depot_topic(depot_id, "loading"), loading
        case Withdraw(trip_id, van_id):
            withdrawal = Withdrawal(trip_id=trip_id, van_id=van_id)
            return depot_topic(depot_id, "loading/withdraw"), withdrawal
        case Publish(parcel_id, number, kind, at, detail):
            told = ParcelEvent(
                depot_id=depot_id,
                parcel_id=parcel_id,
                number=number,
                kind=kind,
                at=at,
                detail=detail,
            )
            return events_topic(parcel_id), told
        case _:
            assert_never(decision)
