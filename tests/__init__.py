"""Tests of everything; a package, for a library that we use brings one of the same name."""
