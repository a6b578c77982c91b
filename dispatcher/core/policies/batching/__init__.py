"""When gathered parcels leave as a wave; one policy a file."""
