"""The demonstration: the whole system on one machine, with a day's worth of trouble."""
