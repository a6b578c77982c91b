"""Files that people write: parcels, fleets. Checked whole, faults reported all at once."""
