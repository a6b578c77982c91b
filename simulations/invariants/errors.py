"""What is said when a day breaks an invariant. Decides the sentence, and that it travels well."""

from maps.errors import RobovanError


class BrokenInvariantError(RobovanError):
    """A simulated day showed what must never be."""

    code = "SIM-301"

    def __init__(self, name: str, seed: int, event_number: int, seen: str) -> None:
        super().__init__(
            f"The invariant {name!r} is broken in the day of seed {seed}, at event {event_number}: "
            f"{seen}",
            remedy=f"Live it again by `robovan soak --only {seed}`, or by `robovan simulate` with "
            f"--check and --seed {seed}; docs/invariants.md says why",
        )
        self.name = name
        self.seed = seed
        self.event_number = event_number
        self.seen = seen
