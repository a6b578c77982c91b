"""Providers are shared by what roads see of a van, and not kept without end."""

from dataclasses import replace

from dispatcher.providers import CityProviders
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant
from vehicles.presets import preset

JAM = Incident("jam", (LonLat(24.94, 60.17),), 20, 0.5, Instant(0), Instant(10**15))


def test_providers_are_shared_by_class_and_incidents(helsinki):
    known = CityProviders(helsinki)
    spec = preset("robovan-m")
    first = known.provider(spec, ())
    assert known.provider(replace(spec, model="other", payload_g=1), ()) is first
    assert known.provider(spec, (JAM,)) is not first
    assert known.provider(preset("robovan-l"), ()) is not first


def test_the_provider_not_used_for_longest_goes_first(helsinki):
    known = CityProviders(helsinki, providers_max=2)
    spec = preset("robovan-m")
    first, second = known.provider(spec, ()), known.provider(spec, (JAM,))
    assert known.provider(spec, ()) is first
    known.provider(preset("robovan-l"), ())
    assert known.provider(spec, ()) is first
    assert known.provider(spec, (JAM,)) is not second
