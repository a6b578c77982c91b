"""Costs onto the skeleton: what each link costs, and by which way.

Decides the cheapest way over each link, upwards and downwards: an arc, or two links over a lower
middle. Durations alone choose; the other quantities are summed along the chosen way in a second
pass. Of equally fast ways an arc goes before a middle, a lower arc or middle before a higher one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.compiling import I1, I4, I4_2, I4_3, I8, I8_2, I8_3, VOID, kernel
from maps.hierarchy.contraction import Skeleton
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS

UP, DOWN = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What the links of a skeleton cost: row 0 upwards, row 1 downwards.

    Attributes
    ----------
    duration_ms
        int32 (2, m); ``UNREACHABLE_MS`` where no way leads.
    parts
        int32 (2, m, 2): the links with the lower middle, the one to the lower end of this link
        first; or -1 and the arc; or -1 and -1 where no way leads.
    quantities
        int64 (2, m, quantities): sums along that way.
    round_ms, round_part, round_quantities
        Shortest way from each rank over lower ones back to itself: int32 (n,); the link to the
        highest of these, or -2 minus the arc, or -1 where no way leads; int64 (n, quantities).
    """

    duration_ms: NDArray[np.int32]
    parts: NDArray[np.int32]
    quantities: NDArray[np.int64]
    round_ms: NDArray[np.int32]
    round_part: NDArray[np.int32]
    round_quantities: NDArray[np.int64]


def checked_durations(duration_ms: ArrayLike, arc_count: int) -> NDArray[np.int32]:
    """Return the durations of arcs as kernels take them: what is too long is closed.

    Raises
    ------
    ValueError
        If there is not one duration for each arc, or one is below 0.
    """
    wide = np.asarray(duration_ms, dtype=np.int64)
    if wide.shape != (arc_count,) or wide.min(initial=0) < 0:
        raise ValueError(f"{arc_count} arcs need as many durations, none below 0")
    return np.where(wide > DURATION_MS_MAX, UNREACHABLE_MS, wide).astype(np.int32)


def customize(
    skeleton: Skeleton, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int64]
) -> Costs:
    """Return what all links cost, where arcs cost this much.

    Parameters
    ----------
    skeleton
        The hierarchy.
    arc_ms
        Duration of each arc, see ``checked_durations``.
    arc_quantities
        int64 (arcs, quantities), summed along the fastest ways.

    Returns
    -------
    Costs
        New arrays; nothing is shared with an earlier customization.
    """
    links = len(skeleton.link_head)
    duration_ms = np.full((2, links), UNREACHABLE_MS, dtype=np.int32)
    parts = np.full((2, links, 2), -1, dtype=np.int32)
    quantities = np.zeros((2, links, arc_quantities.shape[1]), dtype=np.int64)
    round_ms = np.full(len(skeleton.parent), UNREACHABLE_MS, dtype=np.int32)
    round_part = np.full(len(skeleton.parent), -1, dtype=np.int32)
    round_quantities = np.zeros((len(skeleton.parent), arc_quantities.shape[1]), dtype=np.int64)
    _lay(skeleton.arc_link, skeleton.arc_up, arc_ms, duration_ms, parts)
    _shorten(skeleton.link_start, skeleton.triangle, duration_ms, parts)
    _sum(parts, arc_quantities, quantities)
    _round(
        skeleton.arc_link, skeleton.arc_tail, arc_ms, skeleton.link_head, duration_ms,
        round_ms, round_part,
    )  # fmt: skip
    _sum_round(arc_quantities, quantities, round_part, round_quantities)
    return Costs(duration_ms, parts, quantities, round_ms, round_part, round_quantities)


@kernel(VOID, I4, I1, I4, I4_2, I4_3)
def _lay(
    arc_link: NDArray[np.int32],
    arc_up: NDArray[np.int8],
    arc_ms: NDArray[np.int32],
    duration_ms: NDArray[np.int32],
    parts: NDArray[np.int32],
) -> None:
    """Lay arcs onto their links; of parallel ones the fastest."""
    for arc in range(len(arc_link)):
        link = arc_link[arc]
        if link < 0:
            continue
        way = 1 - arc_up[arc]
        if arc_ms[arc] < duration_ms[way, link]:
            duration_ms[way, link] = arc_ms[arc]
            parts[way, link, 1] = arc


@kernel(VOID, I8, I4, I4_2, I4_3)
def _shorten(
    link_start: NDArray[np.int64],
    triangle: NDArray[np.int32],
    duration_ms: NDArray[np.int32],
    parts: NDArray[np.int32],
) -> None:
    """Shorten links by lower triangles, from the lowest middle to the highest."""
    up, down = duration_ms[0], duration_ms[1]
    at = 0
    for low in range(len(link_start) - 1):
        end = link_start[low + 1]
        for first in range(link_start[low], end):
            to_low, from_low = down[first], up[first]
            if to_low >= UNREACHABLE_MS and from_low >= UNREACHABLE_MS:
                at += end - first - 1
                continue
            for second in range(first + 1, end):
                over = triangle[at]
                at += 1
                rising = np.int32(to_low + up[second])
                if rising < up[over]:
                    up[over] = rising
                    parts[0, over, 0] = first
                    parts[0, over, 1] = second
                falling = np.int32(down[second] + from_low)
                if falling < down[over]:
                    down[over] = falling
                    parts[1, over, 0] = first
                    parts[1, over, 1] = second


@kernel(VOID, I4_3, I8_2, I8_3)
def _sum(
    parts: NDArray[np.int32], arc_quantities: NDArray[np.int64], quantities: NDArray[np.int64]
) -> None:
    """Sum the quantities of each link along its way; parts come before what they are part of."""
    kinds = quantities.shape[2]
    for link in range(parts.shape[1]):
        for way in range(2):
            first, second = parts[way, link, 0], parts[way, link, 1]
            if first >= 0:
                # Up: down the first part and up the second. Down: the other way about.
                at_down, at_up = (first, second) if way == 0 else (second, first)
                for kind in range(kinds):
                    total = quantities[1, at_down, kind] + quantities[0, at_up, kind]
                    quantities[way, link, kind] = total
            elif second >= 0:
                for kind in range(kinds):
                    quantities[way, link, kind] = arc_quantities[second, kind]


@kernel(VOID, I4, I4, I4, I4, I4_2, I4, I4)
def _round(
    arc_link: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    arc_ms: NDArray[np.int32],
    link_head: NDArray[np.int32],
    duration_ms: NDArray[np.int32],
    round_ms: NDArray[np.int32],
    round_part: NDArray[np.int32],
) -> None:
    """Find the shortest way round over lower ranks: turns onto the same segment, then links."""
    for arc in range(len(arc_link)):
        if arc_link[arc] < 0 and arc_ms[arc] < round_ms[arc_tail[arc]]:
            round_ms[arc_tail[arc]] = arc_ms[arc]
            round_part[arc_tail[arc]] = -2 - arc
    for link in range(len(link_head)):
        there_and_back = np.int32(duration_ms[0, link] + duration_ms[1, link])
        if there_and_back < round_ms[link_head[link]]:
            round_ms[link_head[link]] = there_and_back
            round_part[link_head[link]] = link


@kernel(VOID, I8_2, I8_3, I4, I8_2)
def _sum_round(
    arc_quantities: NDArray[np.int64],
    quantities: NDArray[np.int64],
    round_part: NDArray[np.int32],
    round_quantities: NDArray[np.int64],
) -> None:
    """Sum the quantities of the ways round."""
    for rank in range(len(round_part)):
        part = round_part[rank]
        for kind in range(round_quantities.shape[1]):
            if part >= 0:
                total = quantities[0, part, kind] + quantities[1, part, kind]
                round_quantities[rank, kind] = total
            elif part <= -2:
                round_quantities[rank, kind] = arc_quantities[-2 - part, kind]
