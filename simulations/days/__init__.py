"""Days that planners describe in a file: read, opened into a simulated city, lived through."""
