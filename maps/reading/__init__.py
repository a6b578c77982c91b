"""An OpenStreetMap extract into a road network: tags read, ways cut and joined, turns banned."""
