import pytest

from dispatcher.core.batching import gathering
from dispatcher.core.book import ParcelBook
from dispatcher.core.decisions import Publish
from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.parcels import ALLOWED, ParcelStatus
from dispatcher.core.state import FAR_FUTURE
from tests.dispatcher.core.harness import T0, minutes, parcel


@pytest.mark.parametrize("after", ParcelStatus)
def test_a_waiting_parcel_goes_only_where_the_table_leads(after):
    book = ParcelBook()
    book.add(parcel(1), T0)
    if after in ALLOWED[ParcelStatus.WAITING]:
        book.move("p-1", after, minutes(1))
        assert not book.is_waiting("p-1")
        assert book["p-1"].status_at == minutes(1)
    else:
        with pytest.raises(InvariantBroken):
            book.move("p-1", after, minutes(1))


def test_what_leaves_takes_its_instants_along():
    book = ParcelBook()
    for number, until in ((1, 60), (2, 90)):
        book.add(parcel(number, until=until), minutes(number))
    book.add(parcel(3, ready=50, until=70), T0)
    book.gather(T0)
    found = gathering(book, FAR_FUTURE)
    assert found is not None
    assert (found.count, found.oldest_at, found.due_at) == (2, minutes(1), minutes(60))
    book.move("p-1", ParcelStatus.CANCELLED, minutes(3))
    found = gathering(book, FAR_FUTURE)
    assert found is not None
    assert (found.count, found.oldest_at, found.due_at) == (1, minutes(2), minutes(90))
    assert book.due.first() == minutes(70)
    book.move("p-3", ParcelStatus.CANCELLED, minutes(3))
    assert (book.due.first(), book.unready.first()) == (minutes(90), None)


def test_what_comes_back_from_a_trip_waits_in_its_wave():
    book = ParcelBook()
    book.add(parcel(1), T0)
    book.gather(T0)
    assert book.in_waves() == []
    book.enter_wave("p-1", "wave-1", "stp-p-1", T0)
    assert book.in_waves() == [book["p-1"]]
    assert gathering(book, FAR_FUTURE) is None
    book.move("p-1", ParcelStatus.ORDERED, T0)
    book.move("p-1", ParcelStatus.WAITING, minutes(1))
    assert gathering(book, FAR_FUTURE) is None
    assert book.due.first() == parcel(1).due_until


def test_each_kind_is_told_once_and_counted():
    book = ParcelBook()
    told = (*book.add(parcel(1), T0), *book.tell("p-1", "bundled", T0))
    assert told == (
        Publish("p-1", 1, "accepted", T0, ""),
        Publish("p-1", 2, "bundled", T0, ""),
    )
    assert book.tell("p-1", "bundled", T0) == ()
