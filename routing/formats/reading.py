"""Read a benchmark file of any known family; which one, its first lines tell."""

from collections.abc import Sequence
from pathlib import Path

from routing.formats.choices import Format
from routing.formats.cvrplib import looks_like_cvrplib, parse_cvrplib
from routing.formats.errors import BadInstanceError, InstanceUnreadableError, UnknownFormatError
from routing.formats.evrptw import looks_like_evrptw, parse_evrptw
from routing.formats.instance import Instance
from routing.formats.lines import Faults, Line, lines_of
from routing.formats.solomon import looks_like_solomon, parse_solomon


def read_instance(path: Path, form: Format | None = None) -> Instance:
    """Read a benchmark instance.

    Parameters
    ----------
    path
        The file.
    form
        Of which family it is; by default what it looks like.

    Returns
    -------
    Instance
        As the file states it.

    Raises
    ------
    InstanceUnreadableError
        If there is no such text file.
    UnknownFormatError
        If it looks like none of the families.
    BadInstanceError
        If it contradicts its format; carries every fault with its line.
    """
    lines = lines_of(read_text(path))
    if form is None:
        form = _format_of(path, lines)
    faults = Faults()
    instance = _parsed(form, lines, faults, name=path.stem)
    if instance is None or faults.found:
        raise BadInstanceError(path, form.value, sorted(faults.found))
    return instance


def _parsed(form: Format, lines: Sequence[Line], faults: Faults, *, name: str) -> Instance | None:
    match form:
        case Format.CVRPLIB:
            return parse_cvrplib(lines, faults)
        case Format.SOLOMON:
            return parse_solomon(lines, faults)
        case Format.EVRPTW:
            return parse_evrptw(lines, faults, name=name)


def read_text(path: Path) -> str:
    """Return the text of a file, or raise InstanceUnreadableError."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceUnreadableError(path, "it is no text") from error
    except OSError as error:
        raise InstanceUnreadableError(path, error.strerror or "no such file") from error


def _format_of(path: Path, lines: Sequence[Line]) -> Format:
    if looks_like_evrptw(lines):
        return Format.EVRPTW
    if looks_like_solomon(lines):
        return Format.SOLOMON
    if looks_like_cvrplib(lines):
        return Format.CVRPLIB
    raise UnknownFormatError(path, [form.value for form in Format])
