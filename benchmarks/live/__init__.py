"""Live fleet control measured: how many vans one dispatcher hears, and at what price."""
