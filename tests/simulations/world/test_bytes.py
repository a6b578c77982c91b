"""A day whose messages are bytes on their way: the same journal as with objects, to the byte."""

from typing import assert_never

import pytest

from dispatcher.announcing import read_announcement
from dispatcher.core.decisions import Accept, ConfirmCancel, Load, Publish, Reject, Withdraw
from dispatcher.core.events import Event
from dispatcher.journal.records import entry_line
from dispatcher.live.intake import read_cancel, read_loaded, read_withdrawn
from dispatcher.live.telling import letter_of
from dispatcher.live.warehouse import (
    Accepted,
    Cancelled,
    Loading,
    ParcelEvent,
    Rejected,
    Withdrawal,
)
from simulations.warehouse import Saying
from simulations.wire.warehouse import written
from simulations.world.city import City
from simulations.world.shell import Word
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import State


class ByteCity(City):
    """A city in which the warehouse and its dispatcher write and read as they do live."""

    byte_count = 0

    def _heard(self, depot_id: str, saying: Saying) -> None:
        tail, payload = written(saying, self.agenda.now)
        self.byte_count += len(payload)
        event: Event | None
        if tail == "parcels":
            event, _ = read_announcement(
                payload, depot_id=depot_id, now=self.agenda.now, locate=self._locates[depot_id]
            )
        else:
            read = {
                "parcels/cancel": read_cancel,
                "loaded": read_loaded,
                "loading/withdrawn": read_withdrawn,
            }
            event = read[tail](payload)
        assert event is not None, payload
        self.shells[depot_id].take(event)

    def _hear(self, depot_id: str, word: Word) -> None:
        payload = letter_of(word, depot_id=depot_id, sequence=1).payload
        self.byte_count += len(payload)
        super()._hear(depot_id, read_word(word, payload))


def read_word(word: Word, payload: bytes) -> Word:
    """Return what a warehouse reads in a message that says a word."""
    match word:
        case Accept():
            return Accept(Accepted.decode(payload).parcel_id)
        case Reject():
            rejected = Rejected.decode(payload)
            return Reject(rejected.parcel_id, rejected.reasons)
        case ConfirmCancel():
            cancelled = Cancelled.decode(payload)
            return ConfirmCancel(cancelled.parcel_id, cancelled.aboard)
        case Load():
            loading = Loading.decode(payload)
            slot = loading.from_at, loading.until_at
            return Load(loading.trip_id, loading.van_id, loading.dock, loading.parcel_ids, *slot)
        case Withdraw():
            withdrawal = Withdrawal.decode(payload)
            return Withdraw(withdrawal.trip_id, withdrawal.van_id)
        case Publish():
            told = ParcelEvent.decode(payload)
            return Publish(told.parcel_id, told.number, told.kind, told.at, told.detail)
        case _:
            assert_never(word)


def through_bytes(city: ByteCity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the vans hear and say bytes."""
    for van in city.vans.values():

        def hear_order(order, now, hear=van.receive_order):
            city.byte_count += len(order.encode())
            hear(Order.decode(order.encode()), now)

        def hear_actions(message, now, hear=van.receive_instant_actions):
            city.byte_count += len(message.encode())
            hear(InstantActions.decode(message.encode()), now)

        def say_state(now, say=van.agent.state):
            payload = say(now).encode()
            city.byte_count += len(payload)
            return State.decode(payload)

        monkeypatch.setattr(van, "receive_order", hear_order)
        monkeypatch.setattr(van, "receive_instant_actions", hear_actions)
        monkeypatch.setattr(van.agent, "state", say_state)


def journal_of(small_day, city: City) -> list[str]:
    city.at(small_day.at(1), lambda: city.break_down(next(iter(city.vans)), 1200))
    depot_id = small_day.setup.depot.depot_id
    parcel_id = small_day.day.parcels[0].parcel_id
    city.at(small_day.at(0.5), lambda: city.want_back(depot_id, parcel_id, "a mistake"))
    small_day.lived(city)
    return [entry_line(entry) for entry in city.shells[depot_id].entries]


def test_a_day_of_bytes_has_the_journal_of_a_day_of_objects(small_day, monkeypatch):
    of_bytes = small_day.city(kind=ByteCity)
    through_bytes(of_bytes, monkeypatch)
    found = journal_of(small_day, of_bytes)
    assert of_bytes.byte_count > 100_000
    assert found == journal_of(small_day, small_day.city())
