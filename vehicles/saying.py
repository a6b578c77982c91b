"""What one state message says by itself, whatever was said before. Pure."""

from dataclasses import dataclass
from typing import Final

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from vehicles.refusing import NOT_STUCK
from vehicles.spec import VanSpec
from vehicles.vda5050.state import ErrorLevel, EStop, OperatingMode, State

DRIVING_MODES: Final = frozenset({OperatingMode.AUTOMATIC, OperatingMode.SEMIAUTOMATIC})
"""In all others somebody else is in charge of the vehicle, and it takes no orders."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What counts as news.

    Attributes
    ----------
    charge_step_ratio
        A change of charge smaller than this share of the battery is no fact.
    clock_skew_s_max
        A van's clock that is off by more is not believed: our own time stands in for it.
    stuck_error_types
        Errors that mean the van cannot move, besides every error of level FATAL.
    """

    charge_step_ratio: float = 0.02
    clock_skew_s_max: int = 300
    stuck_error_types: tuple[str, ...] = ("stuck", "blocked", "breakdown")


def believed(stamp: Instant, now: Instant, settings: SessionSettings) -> Instant:
    """Return the van's time stamp, or ours where its clock is off by more than is allowed."""
    skew = Seconds(settings.clock_skew_s_max)
    near = later(now, Seconds(-skew)) <= stamp <= later(now, skew)
    return stamp if near else now


def place_of(state: State, frame: LocalFrame) -> LonLat | None:
    """Return where the van is; None if it does not say so on our map."""
    if state.robovan is not None:
        return LonLat(state.robovan.lon, state.robovan.lat)
    position = state.agv_position
    if position is None or not position.position_initialized or position.map_id != frame.map_id:
        return None
    place = frame.to_place(position.x, position.y)
    return place if abs(place.lon) <= 180 and abs(place.lat) <= 90 else None


def battery_of(state: State, spec: VanSpec) -> int:
    """Return all that the battery holds, rounded down; percent where the van says no more.

    Never more than a van of its kind can hold: a number of any size would be planned with.
    """
    if state.robovan is not None:
        return min(state.robovan.battery_mwh, spec.battery_mwh)
    share = min(max(state.battery_state.battery_charge, 0.0), 100.0)
    return int(spec.battery_mwh * share // 100)


def stuck_by(state: State, settings: SessionSettings) -> str | None:
    """Return what keeps the van from going on by itself, if anything does."""
    for error in state.errors:
        named = error.error_type in settings.stuck_error_types
        fatal = error.error_level is ErrorLevel.FATAL and error.error_type not in NOT_STUCK
        if named or fatal:
            return error.error_description or error.error_type
    if state.operating_mode not in DRIVING_MODES:
        return f"operating mode {state.operating_mode.value}"
    if state.safety_state.e_stop is not EStop.NONE:
        return f"emergency stop {state.safety_state.e_stop.value}"
    return None
