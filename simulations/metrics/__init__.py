"""What a simulated day came to: every metric defined once, counted, written, and shown."""
