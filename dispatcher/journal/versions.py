"""Journals of earlier versions, read as this one would have written them.

Decides which versions can be read at all, and what their events lack: a setting that came later is
filled with what the program did before it had a choice; fields that say so themselves (``since`` in
``core.events``) have their default, whatever the version. Everything else is read strictly.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from dispatcher.core.events import Configured, Event
from dispatcher.core.policies.registry import faults
from dispatcher.journal.codec import Json, canonical, decode_event, decode_parsed
from dispatcher.journal.errors import UnreadableRecordError

SCHEMA_VERSION: Final = 8
"""Counts up whenever an event's fields, or the way they are written, change."""

CHAINED_SINCE: Final = 5
"""Entries carry checksums, and journals the version of the rules, from this version on."""

BASED_SINCE: Final = 7
"""Journals may begin behind a base from this version on."""

POLICIES_SINCE: Final = 4
"""Settings name policies from this version on."""

RULES_VERSION: Final = 7
"""Counts up whenever the core decides otherwise about the same events: a test notices. What was
decided by other rules is not replayed in silence (``replaying``)."""

OLDEST_READABLE: Final = 3
"""Journals from this version on can be read and continued."""

UPGRADED: Final = Configured.__name__
"""The kind of event that holds what came later."""

SETTINGS_SINCE_4: Final[Mapping[str, Json]] = {
    "batching": "mixed",
    "charging": "threshold",
    "released_s_more": 0,
    "replanning": True,
    "wave_interval_s": 1800,
}
"""Settings that came with version 4, as they were before there was a choice."""

SETTINGS_SINCE_6: Final[Mapping[str, Json]] = {"keep_ended_s": 0}
"""Settings that came with version 6: before, nothing was forgotten. They may be missing in journals
of this version too: what has a checksum is not written again."""


def rules_of(sequence: int, noted: Sequence[tuple[int, int]]) -> int | None:
    """Return by which version of the rules an entry was decided; None if nobody noted that.

    Parameters
    ----------
    sequence
        The entry.
    noted
        Entries from which on there were rules of a version, in order.
    """
    found = None
    for begin, rules in noted:
        if begin > sequence:
            break
        found = rules
    return found


def upgraded(kind: str, body: str, version: int) -> str:
    """Return the body of an event, of a journal of some version, as this version writes it."""
    if kind != UPGRADED:
        return body
    try:
        record = json.loads(body)
        settings = record["setup"]["settings"]
        if version < POLICIES_SINCE:
            settings.update(SETTINGS_SINCE_4)
        record["setup"]["settings"] = {**SETTINGS_SINCE_6, **settings}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return body  # whoever decodes it says what is wrong
    return canonical(record)


def read_event(kind: str, body: str, version: int) -> Event:
    """Read an event of a journal of some version.

    Raises
    ------
    UnreadableRecordError
        If it is none, or names policies that this program does not have.
    """
    return _possible(decode_event(kind, upgraded(kind, body, version)))


def read_parsed(kind: str, body: Json, version: int) -> Event:
    """Read an event of a journal of some version from its body's plain JSON values.

    Raises
    ------
    UnreadableRecordError
        As ``read_event`` does.
    """
    if kind == UPGRADED:
        try:
            text = canonical(body)
        except ValueError as error:  # a number too large for us was read as infinite
            raise UnreadableRecordError(kind, str(error)) from None
        return read_event(kind, text, version)
    return _possible(decode_parsed(kind, body))


def _possible(event: Event) -> Event:
    """Return an event, if it asks for nothing that this program does not have."""
    if isinstance(event, Configured):
        unknown = faults(event.setup.settings)
        if unknown:
            raise UnreadableRecordError(Configured.__name__, "; ".join(unknown))
    return event
