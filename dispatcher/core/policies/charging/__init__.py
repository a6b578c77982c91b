"""When idle vans charge at their depot, and how far; one policy a file."""
