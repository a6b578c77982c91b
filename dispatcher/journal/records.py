"""What a journal holds: one entry per event, numbered per depot without a gap."""

from typing import Any

from dispatcher.core.events import Event
from dispatcher.journal.codec import canonical, encode_event, kind_of, parsed
from dispatcher.journal.errors import UnreadableRecordError
from dispatcher.journal.versions import SCHEMA_VERSION, read_parsed
from maps.units import Instant
from vehicles.changing import record


@record
class Entry:
    """An event of a depot, and the world's instant at which it was taken up.

    ``sequence`` counts a depot's entries from 1; ``now`` never falls from one to the next.
    """

    depot_id: str
    sequence: int
    now: Instant
    event: Event


def entry_line(entry: Entry) -> str:
    """Write an entry as one line of canonical JSON, as in ``journal.jsonl``."""
    # The keys are sorted, and those of the body are already.
    body, depot_id = encode_event(entry.event), canonical(entry.depot_id)
    head = f'"kind":"{kind_of(entry.event)}","now":{entry.now},"sequence":{entry.sequence}'
    return f'{{"body":{body},"depot_id":{depot_id},{head}}}'


def entry_of_line(line: str, version: int = SCHEMA_VERSION) -> Entry:
    """Read an entry that ``entry_line`` wrote, in a journal of some version.

    Raises
    ------
    UnreadableRecordError
        If the line is none.
    """
    try:
        record: Any = parsed(line)
        depot_id, sequence = record["depot_id"], record["sequence"]
        now, kind, body = record["now"], record["kind"], record["body"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableRecordError(repr(line[:60]), f"no journal entry ({error})") from None
    if type(sequence) is not int or type(now) is not int or type(depot_id) is not str:
        raise UnreadableRecordError(repr(line[:60]), "its depot, number or instant is none")
    return Entry(depot_id, sequence, Instant(now), read_parsed(str(kind), body, version))
