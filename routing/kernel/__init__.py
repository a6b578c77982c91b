"""The electric routing kernel: one anytime ruin-and-recreate search over flat arrays."""
