"""A whole day in virtual time: dispatch core, vans and warehouses, one event after another."""
