"""Which labels of a node are kept: those that no other one beats in time, charge and cost.

Decides what goes where there are too many: first what cannot reach the end, then what costs most.
"""

from routing.kernel.compiling import routine
from routing.kernel.joining import completed, label_of
from routing.kernel.layout import (
    CHARGE,
    DELAY,
    FAR,
    FORMER,
    FORMER_TARGET,
    LABELS,
    LABELS_MAX,
    LIFTED,
    LIFTED_ALL,
    PARENT,
    STATION,
    TARGET,
    TIME,
    TOLL,
    USED,
    VALUE,
    WAITED,
    Draft,
    Question,
)


@routine
def _least_wanted(
    question: Question,
    draft: Draft,
    vehicle: int,
    block: int,
    aim: int,
    now: tuple[int, int, int, int, int, int, int, int],
    value: int,
) -> int:
    """Return the label of a full block that a new one takes the place of; -1 if none does.

    Where node ``aim`` has tails, that is one from which none of them leads to the end, and never
    the one that leads there at the least cost. Else it is the dearest, but not the fullest.
    """
    label, fullest, chosen, least = draft.label, now[1], LABELS_MAX, FAR
    if aim >= 0:
        least = completed(question, draft, vehicle, now, value, aim, FAR)
        if least >= FAR:
            return -1
    for k in range(LABELS_MAX):
        fullest = max(fullest, label[block, k, CHARGE])
        if aim >= 0:
            other = label_of(draft, block, k)
            cost = completed(question, draft, vehicle, other, label[block, k, VALUE], aim, FAR)
            if cost >= FAR:
                return k
            if cost < least:
                chosen, least = k, cost
    kept = now[1] == fullest or (aim >= 0 and chosen == LABELS_MAX)
    worst, dearest = -1, -1 if kept else value
    for k in range(LABELS_MAX):
        if k != chosen and label[block, k, CHARGE] < fullest and label[block, k, VALUE] > dearest:
            worst, dearest = k, label[block, k, VALUE]
    return worst


@routine
def _slot(draft: Draft, block: int, time: int, charge: int, value: int) -> int:
    """Return where a label may be written in a block, or -1 if others are as good.

    Labels that it beats are forgotten. ``LABELS_MAX`` says that the block is full.
    """
    label, rest = draft.label, draft.rest
    count, kept = rest[block, LABELS], 0
    for k in range(count):
        if (
            label[block, k, TIME] <= time
            and label[block, k, CHARGE] >= charge
            and label[block, k, VALUE] <= value
        ):
            return -1
    for k in range(count):
        if (
            label[block, k, TIME] < time
            or label[block, k, CHARGE] > charge
            or label[block, k, VALUE] < value
        ):
            if kept < k:
                for column in range(label.shape[2]):
                    label[block, kept, column] = label[block, k, column]
            kept += 1
    if kept < LABELS_MAX:
        rest[block, LABELS] = kept + 1
    return kept


@routine
def keep_label(
    question: Question,
    draft: Draft,
    vehicle: int,
    block: int,
    aim: int,
    now: tuple[int, int, int, int, int, int, int, int],
    value: int,
    came: tuple[int, int, int, int, int],
) -> None:
    """Keep a label, unless others are as good."""
    time, charge, toll, used, waited, delay, lifted, lifted_all = now
    k = _slot(draft, block, time, charge, value)
    if k == LABELS_MAX:
        k = _least_wanted(question, draft, vehicle, block, aim, now, value)
    if k >= 0:
        label = draft.label
        label[block, k, TIME], label[block, k, CHARGE] = time, charge
        label[block, k, VALUE], label[block, k, TOLL] = value, toll
        label[block, k, USED], label[block, k, WAITED] = used, waited
        label[block, k, DELAY], label[block, k, LIFTED] = delay, lifted
        label[block, k, LIFTED_ALL], label[block, k, PARENT] = lifted_all, came[0]
        label[block, k, FORMER], label[block, k, FORMER_TARGET] = came[1], came[2]
        label[block, k, STATION], label[block, k, TARGET] = came[3], came[4]
