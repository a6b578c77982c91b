"""Days compared on the same seeds: what differs, by how much, and how sure that is."""
