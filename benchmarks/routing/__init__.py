"""Public routing instances, solved side by side: ``python -m benchmarks.routing``."""
