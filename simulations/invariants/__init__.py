"""What must be so on every simulated day, whatever happens: named, explained, always checked."""
