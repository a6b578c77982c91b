"""Public benchmark instances of the routing field: read, walked in floating point, written."""
