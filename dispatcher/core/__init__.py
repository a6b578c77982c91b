"""The dispatch core: an event and the present instant in, decisions out. No I/O, no clock."""
