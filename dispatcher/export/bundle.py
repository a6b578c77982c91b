"""The bundle: one folder with everything about a plan or a day, and the sums of its files.

Decides which files there are and that all of them appear together. Equal snapshots give equal
bytes. A folder that holds other files keeps them; the bundle's own are replaced.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dispatcher.core.snapshot import Snapshot
from dispatcher.export import geojson
from dispatcher.export.document import ATTRIBUTION, Origin, plan_document
from dispatcher.export.errors import ExportUnwritableError
from dispatcher.export.manifest import manifest
from dispatcher.export.page import page
from dispatcher.export.picture import picture
from maps.network import RoadNetwork

SUMS_NAME: Final = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was written: the plan's name and the files."""

    revision: str
    paths: tuple[Path, ...]


def write_bundle(
    snapshot: Snapshot,
    out_dir: Path,
    *,
    network: RoadNetwork | None,
    revision: str | None = None,
    origin: Origin | None = None,
) -> Bundle:
    """Write ``plan.json``, GeoJSON, ``manifest.csv``, ``map.html``, ``map.svg`` and ``SHA256SUMS``.

    Parameters
    ----------
    snapshot
        What to show.
    out_dir
        Where; made if it is not there.
    network
        The city, for the map's streets; None where it is not known: then there are no maps.
    revision
        Name of the plan in every file; None for one made from the contents.
    origin
        Effort, seed and cost, where there is one plan that has them.

    Returns
    -------
    Bundle
        The plan's revision, and the files in order of name.

    Raises
    ------
    ExportUnwritableError
        If they cannot be written. Then no file was changed, unless the disk fails in the last
        step, which only renames.
    """
    origin = origin or Origin("" if network is None else network.info.source)
    document = plan_document(snapshot, origin, revision)
    texts = bundle_texts(snapshot, document, network)
    try:
        return Bundle(document["revision"], _put(texts, out_dir))
    except OSError as wrong:
        raise ExportUnwritableError(out_dir, wrong.strerror or str(wrong)) from wrong


def bundle_texts(
    snapshot: Snapshot, document: dict[str, Any], network: RoadNetwork | None
) -> dict[str, str]:
    """Return the bundle's files as texts, by name; ``document`` is that of ``plan.json``."""
    named: str = document["revision"]
    maps: dict[str, str] = {}
    if network is not None:
        maps["map.html"] = page(snapshot, document, network)
        maps["map.svg"] = picture(snapshot, network, named)
    texts = {
        "manifest.csv": manifest(snapshot, named),
        **maps,
        "plan.json": _json(document),
        "routes.geojson": _json(geojson.routes(snapshot, named)),
        "stops.geojson": _json(geojson.stops(snapshot, named)),
    }
    sums = [f"# revision {named}; {ATTRIBUTION}"]
    sums += [f"{hashlib.sha256(texts[name].encode()).hexdigest()}  {name}" for name in texts]
    return {**texts, SUMS_NAME: "\n".join(sums) + "\n"}


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _put(texts: Mapping[str, str], out_dir: Path) -> tuple[Path, ...]:
    """Write into a folder beside, then rename: the whole folder, or file by file if it exists.

    A folder that exists may be a disk of its own, or its parent closed to us: there the files
    are written into a folder within.
    """
    out_dir = out_dir.absolute()
    room = out_dir if out_dir.is_dir() else out_dir.parent
    room.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", dir=room))
    try:
        for name, text in texts.items():
            (beside / name).write_bytes(text.encode())
        if out_dir.exists():
            for name in texts:  # the sums last
                (beside / name).replace(out_dir / name)
        else:
            beside.chmod(0o755)  # mkdtemp makes folders for their owner alone
            beside.replace(out_dir)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return tuple(out_dir / name for name in sorted(texts))


def bundle_dir(out_dir: Path, depot_id: str, depot_count: int) -> Path:
    """Return where a depot's bundle goes: the folder itself if there is one depot only."""
    return out_dir if depot_count == 1 else out_dir / depot_id
