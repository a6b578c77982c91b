"""The same dispatcher in a simulated city: vans, warehouses, customers and their troubles."""
