"""Where and how far: places, roads, travel. Knows nothing of parcels or vans' orders."""
