"""The dispatcher over HTTP: parcels in, plans, vans and parcel events out, health and metrics."""
