"""Who visits what, in which order: whole numbers and indices only, no maps, no machines."""
