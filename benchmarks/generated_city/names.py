"""Street names for a generated city: as many as it needs, each sounding like one."""

from typing import Final

import numpy as np

_FIRST_TEXT: Final = (
    "Abbey Acre Alder Amber Anchor Apple Ash Barley Bay Beacon Beech Bell Birch Black Bramble "
    "Bridge Brook Castle Cedar Chapel Cherry Church Clay Cooper Copper Corn Crane Cross Dean "
    "Deer East Elder Elm Fair Falcon Fern Field Fisher Forge Fox Garden Glen Gold Grange Green "
    "Hart Hazel Heath Hill Holly Iron Ivy Juniper King Lark Linden Long Maple Market Meadow Mill "
    "Minster Moor North Oak Orchard Park Pear Pine Plum Poplar Quarry Queen Raven River Rose "
    "Rowan Salt Silver South Spring Station Stone Swan Thorn Tower Vine Water West White Willow "
    "Wood Yew"
)
_SECOND_TEXT: Final = (
    "bank born bourne bridge brook bury by combe cote croft dale den down fall field ford gate "
    "grove ham hill holm holt hurst land leigh ley mead mere more mouth ness ridge royd shaw side "
    "stead stoke stone ton town vale wall well wick wood worth"
)
_FIRST: Final = tuple(_FIRST_TEXT.split())
_SECOND: Final = tuple(_SECOND_TEXT.split())
_LARGE: Final = ("Avenue", "Road", "Boulevard", "Allee", "Straße")
_SMALL: Final = ("Street", "Lane", "Way", "Close", "Row", "Walk", "Place", "Gardens")
_OLD: Final = ("Gate", "Alley", "Lane", "Yard", "Wynd", "Court", "Hof", "Gasse")


def street_names(
    rng: np.random.Generator, count: int, *, large: bool = False, old: bool = False
) -> list[str]:
    """Return names, drawn with few repetitions, as in a city that has grown together."""
    kinds = _LARGE if large else _OLD if old else _SMALL
    number = rng.integers(0, len(_FIRST) * (len(_SECOND) + 2) * len(kinds), count).tolist()
    return [_name(one, kinds) for one in number]


def _name(number: int, kinds: tuple[str, ...]) -> str:
    number, kind = divmod(number, len(kinds))
    first, second = divmod(number, len(_SECOND) + 2)
    ending = _SECOND[second] if second < len(_SECOND) else ""
    return f"{_FIRST[first]}{ending} {kinds[kind]}"
