"""Whom an error concerns: one depot alone, or all of this process.

Decides that a fault of the program, or damage in one depot's part of the journal, ends that depot
and no other: they share neither state nor vans, and the entry at which it failed is journalled, so
that starting again would only fail again, for all. What is wrong with what they share (the broker,
the journal as a whole, memory, files) ends all of them.

An ended depot handles, tells and answers nothing any more, and its vans keep the orders that they
have. What warehouses go on telling it is acknowledged nevertheless and counted as ``not_served``: a
broker has only so much unacknowledged on its way to us, and soon nothing would reach the others.
Warehouses repeat what is not answered.
"""

import logging

from dispatcher.journal.errors import JournalDamagedError
from maps.errors import RobovanError

logger = logging.getLogger(__name__)


def concerns_one(error: BaseException) -> bool:
    """Return whether an error of a depot that runs, or of a group, is that depot's alone."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(concerns_one, error.exceptions))
    of_all = RobovanError | OSError | MemoryError
    return isinstance(error, Exception) and not isinstance(error, of_all)


def concerns_one_entry(error: BaseException) -> bool:
    """Return the same while its journal is replayed, in which its entries may be damaged."""
    return concerns_one(error) or isinstance(error, JournalDamagedError)


def report_end(depot_id: str, error: BaseException) -> str:
    """Log why a depot has ended, and return that in a word that anybody may read."""
    first = error
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    cause = first.code if isinstance(first, RobovanError) else type(first).__name__
    extra = {"depot_id": depot_id, "cause": cause, "why": str(first)}
    logger.error("depot_ended", extra=extra, exc_info=error)
    return cause
