"""Places by name: their outline, the extract that covers them, and its download."""
