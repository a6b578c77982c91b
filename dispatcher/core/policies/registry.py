"""The policies by name. A new one is a file beside the others and a line here."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dispatcher.core.invariants import check
from dispatcher.core.policies.batching.due_slack import DUE_SLACK
from dispatcher.core.policies.batching.mixed import MIXED
from dispatcher.core.policies.batching.must_go import MUST_GO
from dispatcher.core.policies.batching.size import SIZE
from dispatcher.core.policies.batching.timer import TIMER
from dispatcher.core.policies.charging.opportunity import OPPORTUNITY
from dispatcher.core.policies.charging.overnight_full import OVERNIGHT_FULL
from dispatcher.core.policies.charging.threshold import THRESHOLD
from dispatcher.core.policies.rules import Batching, Charging
from dispatcher.core.settings import PlanSettings

BATCHING: Final[Mapping[str, Batching]] = MappingProxyType(
    {policy.name: policy for policy in (MIXED, SIZE, TIMER, DUE_SLACK, MUST_GO)}
)
CHARGING: Final[Mapping[str, Charging]] = MappingProxyType(
    {policy.name: policy for policy in (THRESHOLD, OPPORTUNITY, OVERNIGHT_FULL)}
)


KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"batching": tuple(BATCHING), "charging": tuple(CHARGING)}
)
"""The names of all policies, by the setting that chooses one of them."""


def hint(kind: str, name: str) -> str:
    """Return, for people, which policies of a kind there are, the nearest to a name first."""
    nearest = difflib.get_close_matches(name, KINDS[kind], n=1)
    others = [known for known in KINDS[kind] if known not in nearest]
    listed = ", ".join(others)
    return (
        f"did you mean {nearest[0]!r}? There are also {listed}" if nearest else f"one of {listed}"
    )


def batching_named(name: str) -> Batching:
    """Return the batching policy of a name; that there is one is seen to where settings are read.

    Raises
    ------
    InvariantBroken
        If there is none.
    """
    check(name in BATCHING, f"there is no batching policy {name!r}")
    return BATCHING[name]


def charging_named(name: str) -> Charging:
    """Return the charging policy of a name; that there is one is seen to where settings are read.

    Raises
    ------
    InvariantBroken
        If there is none.
    """
    check(name in CHARGING, f"there is no charging policy {name!r}")
    return CHARGING[name]


def faults(settings: PlanSettings) -> tuple[str, ...]:
    """Return which policies that settings name there are not, in words."""
    chosen = {"batching": settings.batching, "charging": settings.charging}
    return tuple(
        f"no {kind} policy {name!r}; {hint(kind, name)}"
        for kind, name in chosen.items()
        if name not in KINDS[kind]
    )
