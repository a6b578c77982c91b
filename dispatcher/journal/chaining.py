"""Checksums of entries, each over its own entry and the checksum before it.

Decides how an entry that is not as it was written is noticed: its checksum does not follow from the
one before. So does one that was left out, or stands in another place. CRC-32 finds what disks and
hands do by mistake (one changed entry in four thousand million is overlooked), not what is meant.
"""

import zlib

from maps.units import Instant


def chain_begin(depot_id: str) -> int:
    """Return what the first entry of a depot follows."""
    return zlib.crc32(depot_id.encode())


def chained(before: int, sequence: int, now: Instant, kind: str, body: str) -> int:
    """Return the checksum of an entry that follows another."""
    return zlib.crc32(f"{sequence} {now} {kind} {body}".encode(), before)
