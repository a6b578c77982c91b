"""What happens next: by instant, then in the order noted."""

from maps.units import Instant
from simulations.world.agenda import Agenda


def test_acts_happen_by_instant_then_as_noted():
    agenda, seen = Agenda(Instant(10)), []
    agenda.at(Instant(30), lambda: seen.append("late"))
    agenda.at(Instant(20), lambda: seen.append("first"))
    agenda.at(Instant(20), lambda: seen.append("second"))
    agenda.at(Instant(5), lambda: seen.append("overdue"))
    while agenda.next_at() is not None:
        agenda.step()
    assert seen == ["overdue", "first", "second", "late"]
    assert agenda.now == Instant(30)
    assert agenda.act_count == 4
