"""The journal: what every depot was told, in order, so that its state can be built again."""
