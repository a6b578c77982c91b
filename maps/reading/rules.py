"""What is known of the reading of extracts without reading one: kinds of files, and its version."""

from typing import Final

EXTRACT_SUFFIXES: Final = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
"""How the names of extracts end."""

RULES_VERSION: Final = 3
"""Raise this when reading or building changes, so that networks kept in caches are made anew."""
