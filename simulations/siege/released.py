"""Whether what was released to a van stayed so, judged by what the van heard.

Decides what counts as a released stop taken back: a second order while the first is in force, an
update that does not begin where the released part ended or leaves something of it out, and other
content under an id that was used before. A van that forgot its orders hears the next one as its
first. An order heard late or twice is none: a network does that,
and only what is heard for the first time is judged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulations.siege.evidence import Deed, Entry, ReleasedNode
from simulations.siege.faults import Fault, Wrong


@dataclass(slots=True)
class _Base:
    """What a van knows of one order: the updates heard, and the nodes released by those taken.

    ``is_forgotten``: it knew the order before, and whatever comes of it now is its first.
    """

    is_forgotten: bool = False
    updates: set[int] = field(default_factory=set)
    nodes: dict[int, ReleasedNode] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """Return the sequence id of the last released node."""
        return max(self.nodes, default=0)


def released_faults(diary: Iterable[Entry]) -> Iterator[Fault]:
    """Yield every released stop that was taken back or changed unconfirmed."""
    bases: dict[tuple[str, str], _Base] = {}
    for entry in diary:
        if entry.deed is Deed.FORGOT:
            for van_id, order_id in bases:
                if van_id == entry.van_id:
                    bases[van_id, order_id] = _Base(is_forgotten=True)
        if entry.deed is Deed.ORDER:
            base = bases.setdefault((entry.van_id, entry.order_id), _Base())
            for what in _order_faults(entry, base):
                yield Fault(Wrong.TAKEN_BACK, f"{entry.van_id} at {entry.at}: {what}")
            _take(entry, base)


def _order_faults(entry: Entry, base: _Base) -> Iterator[str]:
    name = f"{entry.order_id}/{entry.update_id}"
    if entry.update_id in base.updates:
        yield f"{name} came again with other content"
        return
    if base.updates and entry.update_id < max(base.updates):
        yield f"{name} came for the first time after a newer update"
        return
    if base.is_forgotten and not base.updates:
        return  # sent before anybody could know
    missing = set(range(entry.update_id)) - base.updates
    if missing:
        yield f"{name} came though {sorted(missing)} never did"
    if entry.update_id == 0:
        if entry.busy_with not in ("", entry.order_id):
            yield f"{name} was ordered while {entry.busy_with} was in force"
        return
    if base.nodes and entry.begins != base.end:
        yield f"{name} begins at {entry.begins}, but what was released ends at {base.end}"
    for node in entry.released:
        before = base.nodes.get(node.sequence_id, node)
        if before != node:
            yield f"{name} has {node.node_id} where {before.node_id} was released"


def _take(entry: Entry, base: _Base) -> None:
    if base.is_forgotten and not base.updates:
        base.updates = set(range(entry.update_id))
    base.updates.add(entry.update_id)
    if entry.is_taken:
        base.nodes |= {node.sequence_id: node for node in entry.released}
