"""OSRM beside us: its data built by its own tools with its own car profile, and its answers.

Decides where OSRM's data is kept and what is asked of it. Everything runs on one thread. Needs
``osrm-bindings`` (dependency group ``bench``), which brings the tools and the profiles along.
"""

import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from benchmarks.roads.measuring import Ran, run
from maps.places import LonLat

PLACES_MAX: Final = 20_000
"""Places that the engine is told to accept in one matrix; its default is 100."""

DATA_NAME: Final = "roads.osrm"


class Algorithm(StrEnum):
    """Contraction hierarchies, and multi-level Dijkstra, whose weights can be changed."""

    CH = "CH"
    MLD = "MLD"


@dataclass(frozen=True, slots=True)
class Prepared:
    """OSRM's data of one extract for one algorithm, and what making it took."""

    base: Path
    algorithm: Algorithm
    cpu_s: float
    wall_s: float
    memory_mb_peak: float


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Travel between ``n`` places: float64 (n, n), row = from, column = to, not a number = none.

    ``snapped`` are the places on the road that OSRM starts from and ends at.
    """

    duration_s: NDArray[np.float64]
    distance_m: NDArray[np.float64] | None
    snapped: tuple[LonLat, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OsrmRoute:
    """One fastest path: its line, the OSM nodes along it, and the seconds from node to node."""

    duration_s: float
    distance_m: float
    line: tuple[LonLat, ...]
    nodes: tuple[int, ...]
    step_s: tuple[float, ...]


def why_missing() -> str:
    """Return why OSRM cannot be asked here, or an empty text if it can."""
    return "" if find_spec("osrm") else "osrm-bindings is not installed (group bench)"


def prepare(extract: Path, algorithm: Algorithm, work: Path | None = None) -> Prepared:
    """Build OSRM's data of an extract with its car profile, or find what was built before.

    Parameters
    ----------
    extract
        An ``.osm.pbf``, ``.osm.gz`` or ``.osm`` file.
    algorithm
        CH or MLD.
    work
        Folder to keep the data in; the user's cache folder by default.
    """
    folder = _folder(extract, work) / algorithm.lower()
    base, facts = folder / DATA_NAME, folder / "made.json"
    if not facts.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        steps = _made(extract, folder, algorithm)
        took = {
            "cpu_s": sum(step.cpu_s for step in steps),
            "wall_s": sum(step.wall_s for step in steps),
            "memory_mb_peak": max(step.memory_mb_peak for step in steps),
        }
        facts.write_text(json.dumps(took), encoding="utf-8")
    return Prepared(base, algorithm, **json.loads(facts.read_text(encoding="utf-8")))


def customize(
    prepared: Prepared, speeds_kmh: Mapping[tuple[int, int], int], folder: Path
) -> Prepared:
    """Return MLD data under other speeds, made in a folder of its own.

    The copy and the writing of the speed file are not counted in what it took.

    Parameters
    ----------
    prepared
        MLD data; it stays as it is.
    speeds_kmh
        Whole kilometres per hour from one node of OpenStreetMap to the next.
    folder
        Where the copy goes; what is there is replaced.
    """
    if prepared.algorithm is not Algorithm.MLD:
        raise ValueError("only MLD data can be customized")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared.base.parent, folder)
    speeds = folder / "speeds.csv"
    lines = [f"{tail},{head},{speed}" for (tail, head), speed in speeds_kmh.items()]
    speeds.write_text("\n".join(lines) + "\n", encoding="utf-8")
    base = folder / DATA_NAME
    ran = _tool("customize", base, "--segment-speed-file", speeds)
    return Prepared(base, prepared.algorithm, ran.cpu_s, ran.wall_s, ran.memory_mb_peak)


class Osrm:
    """OSRM's engine over prepared data."""

    def __init__(self, prepared: Prepared) -> None:
        import osrm  # noqa: PLC0415 - not installed everywhere

        self._osrm: Any = osrm
        self._engine = osrm.OSRM(
            algorithm=str(prepared.algorithm),
            storage_config=str(prepared.base),
            use_shared_memory=False,
            max_locations_distance_table=PLACES_MAX,
            verbosity="NONE",
        )

    def asked(
        self, places: Sequence[LonLat], *, distances: bool = False, curb: bool = False
    ) -> Any:
        """Return the parameters of a matrix: made beforehand, so that only ``ask`` is measured."""
        what = ["duration", "distance"] if distances else ["duration"]
        sides = ["curb"] * len(places) if curb else []
        return self._osrm.TableParameters(
            coordinates=[(place.lon, place.lat) for place in places],
            annotations=what,
            approaches=sides,
            generate_hints=False,
        )

    def ask(self, parameters: Any) -> Any:
        """Return OSRM's own answer to ``asked``, not yet as arrays."""
        return self._engine.Table(parameters)

    def table(
        self, places: Sequence[LonLat], *, distances: bool = False, curb: bool = False
    ) -> Table:
        """Return durations, and distances if wanted, between all places.

        ``curb`` wants each place reached and left on its own side of the street.
        """
        answer = self.ask(self.asked(places, distances=distances, curb=curb))
        return Table(
            _array(answer["durations"]),
            _array(answer["distances"]) if distances else None,
            tuple(LonLat(*one["location"]) for one in answer["sources"]),
        )

    def route(self, origin: LonLat, destination: LonLat) -> OsrmRoute:
        """Return the fastest path between two places, with its line.

        Raises
        ------
        RuntimeError
            If there is none.
        """
        answer = self._engine.Route(
            self._osrm.RouteParameters(
                coordinates=[(origin.lon, origin.lat), (destination.lon, destination.lat)],
                overview="full",
                geometries="geojson",
                annotations=["nodes", "duration"],
                generate_hints=False,
            )
        )
        route = answer["routes"][0]
        notes = route["legs"][0]["annotation"]
        return OsrmRoute(
            route["duration"],
            route["distance"],
            tuple(LonLat(*one) for one in route["geometry"]["coordinates"]),
            tuple(int(node) for node in notes["nodes"]),
            tuple(float(step) for step in notes["duration"]),
        )


def _array(rows: Any) -> NDArray[np.float64]:
    return np.array([list(row) for row in rows], dtype=np.float64)  # None becomes not a number


def _folder(extract: Path, work: Path | None) -> Path:
    digest = hashlib.sha256(extract.read_bytes()).hexdigest()[:12]
    version = importlib.metadata.version("osrm-bindings")
    parent = work if work is not None else user_cache_path("robovan") / "benchmarks"
    return parent / "osrm" / f"{version}-{extract.name.partition('.')[0]}-{digest}"


def _made(extract: Path, folder: Path, algorithm: Algorithm) -> list[Ran]:
    base = folder / DATA_NAME
    profile = _package() / "share" / "profiles" / "car.lua"
    steps = [_tool("extract", extract.resolve(), "--profile", profile, "--output", base)]
    if algorithm is Algorithm.CH:
        return [*steps, _tool("contract", base)]
    return [*steps, _tool("partition", base), _tool("customize", base)]


def _tool(name: str, *arguments: str | Path) -> Ran:
    program = _package() / "bin" / f"osrm-{name}"
    return run([program, *arguments, "--threads", "1", "--verbosity", "WARNING"])


def _package() -> Path:
    spec = find_spec("osrm")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(why_missing())
    return Path(spec.submodule_search_locations[0])
