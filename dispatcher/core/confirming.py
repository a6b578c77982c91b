"""Which vans do not take what they are told, though they are heard.

Decides when that is reported, and that somebody else shall do the work. As with a van that is away
(``loading``) silence takes nothing back: the van may be loaded at its dock all the while, and may
hear its order yet. So the warehouse is asked to load the trip no more, and from its answer on the
order is cancelled; until the van confirms that, it is given nothing else.
"""

from dispatcher.core import loading
from dispatcher.core.decisions import Decision, Report
from dispatcher.core.model import TRIP_OVER
from dispatcher.core.planning import give_to_others
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds, later
from vehicles.changing import changed
from vehicles.facts import OrderEchoed


def on_echoed(state: DepotState, fact: OrderEchoed, _: Instant) -> tuple[Decision, ...]:
    """Wait no more for a van to take its order; what is confirmed else matters to its session."""
    state.unconfirmed.drop(fact.trip_id)
    trip = state.trips.get(fact.trip_id)
    if trip is not None and trip.is_ignored:
        state.keep_trip(changed(trip, is_ignored=False))
    return ()


def wait_for(state: DepotState, trip_id: str | None, now: Instant) -> None:
    """Give a van time to take its order from now on, unless it has already."""
    if trip_id is not None and trip_id in state.unconfirmed:
        state.expect_confirmed(trip_id, now)


def look_for_ignored(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Report orders that vans have not taken in time, once; have others do the work, if any can."""
    decisions: list[Decision] = []
    for trip_id in state.unconfirmed.take_due(now):
        trip = state.trips.get(trip_id)
        if trip is None or trip.status in TRIP_OVER or trip.passed_index >= 0:
            continue
        if not state.vans[trip.van_id].known:
            state.expect_confirmed(trip_id, now)  # it is away, and hears it when it is back
            continue
        if not trip.is_ignored:
            said = f"{trip.van_id} is heard and has not taken its order"
            decisions.append(Report("order_not_confirmed", trip_id, said))
            state.keep_trip(changed(trip, is_ignored=True))
            give_to_others(state, trip.van_id, "does not take its order")
        if not loading.can_others(state, now):
            state.unconfirmed.put(trip_id, later(now, Seconds(state.setup.settings.retry_s)))
            continue
        decisions += loading.withdraw(state, trip.van_id, "does not take it", now)
    return tuple(decisions)
