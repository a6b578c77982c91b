"""What the moving picture shows is what the vans said."""

from dataclasses import replace

from simulations.metrics.film import film_of
from tests.simulations.metrics.hand_made import at


def test_a_van_stands_until_it_must_have_left_and_arrives_when_it_said(day):
    film = film_of(day.snapshot, {"late"})
    (trip,) = film.trips
    assert trip.van_id == "v-1"
    assert [leg.arrives_at for leg in trip.legs] == [at(20), at(30), at(65), at(80)]
    assert [leg.departs_at for leg in trip.legs] == [at(19), at(29), at(64), at(79)]


def test_nothing_is_shown_beyond_what_was_reached(day):
    first, turn = day.snapshot.trips
    nodes = (*first.nodes[:2], replace(first.nodes[2], arrived_at=None), *first.nodes[3:])
    film = film_of(replace(day.snapshot, trips=(replace(first, nodes=nodes), turn)), set())
    assert len(film.trips[0].legs) == 1


def test_parcels_are_shown_as_they_ended(day):
    film = film_of(day.snapshot, {"late"})
    assert [one.end for one in film.parcels] == [
        "on_time",
        "late",
        "returned",
        "unserved",
        "waiting",
    ]


def test_what_is_too_much_is_left_out_and_counted(day):
    film = film_of(day.snapshot, set(), letters_max=10)
    assert film.trips == ()
    assert film.trips_left_out == 1
