"""Simulated vans and warehouses on a real broker; all of it goes through dispatcher.live."""
