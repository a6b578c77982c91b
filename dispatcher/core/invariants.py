"""What must never be: a fault of the program ends what it arose in; the journal has it all."""


class InvariantBroken(Exception):
    """The program contradicts itself. Never caught but to end what it arose in."""


def check(condition: bool, what: str) -> None:
    """Stop the program unless ``condition`` holds.

    Raises
    ------
    InvariantBroken
        If it does not hold.
    """
    if not condition:
        raise InvariantBroken(what)
