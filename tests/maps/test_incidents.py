"""When an incident counts."""

from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant


def test_an_incident_counts_from_its_start_until_just_before_its_end():
    incident = Incident("inc-1", (LonLat(0, 0),), 10, 0.0, Instant(1000), Instant(2000))
    moments = (999, 1000, 1999, 2000)
    counted = [incident.counts_at(Instant(moment)) for moment in moments]
    assert counted == [False, True, True, False]
