"""What is measured on: one extract, its city file, and the places drawn on it.

Decides where files lie and which cities there are. Leaves measuring to the parts.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from benchmarks.generated_city.city import draw_city
from benchmarks.generated_city.extract import write_extract
from benchmarks.roads.drawing import draw_places
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.places import LonLat

REAL_CITIES: Final = {
    "heidelberg": "heidelberg.osm.pbf",
    "sao-paulo": "sao-paulo.osm.pbf",
    "bad-hersfeld": "bad-hersfeld.osm.gz",
}
"""Files that a folder of cities may hold; each is skipped if it does not."""

FULL_CITIES: Final = ("generated", "heidelberg")
"""Everything is measured on these; on the others only durations against OSRM."""


@dataclass(frozen=True, slots=True)
class Case:
    """A city under measure.

    Attributes
    ----------
    name
        How results call it.
    extract
        The file of OpenStreetMap.
    work
        Folder for what is made of it.
    seed
        Of the places.
    sizes
        Places of the matrices, ascending.
    repeats
        Measurements of which the best counts.
    """

    name: str
    extract: Path
    work: Path
    seed: int
    sizes: tuple[int, ...]
    repeats: int

    @property
    def city(self) -> Path:
        """Return where the city file lies once it is built."""
        return self.work / f"{self.name}.city"

    def network(self) -> RoadNetwork:
        """Return the roads of the city file."""
        return load_city(str(self.city))

    def places(self, network: RoadNetwork, count: int) -> tuple[LonLat, ...]:
        """Return places drawn on the roads; fewer are the first of more."""
        return draw_places(network, max(count, *self.sizes), self.seed)[:count]

    def text(self) -> str:
        """Return the case as text, for another process."""
        paths = {"extract": str(self.extract), "work": str(self.work)}
        return json.dumps({**asdict(self), **paths})

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Return the case of a text."""
        fields = json.loads(text)
        paths = {"extract": Path(fields["extract"]), "work": Path(fields["work"])}
        return cls(**{**fields, **paths, "sizes": tuple(fields["sizes"])})


def generated_extract(work: Path, segments: int, seed: int) -> Path:
    """Return the extract of a generated city, drawn if it is not there yet."""
    path = work / f"generated-{segments}-{seed}.osm.pbf"
    if not path.is_file():
        write_extract(draw_city(segments, seed), path)
    return path
