"""What a live dispatcher makes of messages that nobody should send, beside good traffic."""
