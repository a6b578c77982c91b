"""What must never be: a fault of the program stops it, and the journal starts it again."""


class InvariantBroken(Exception):
    """The program contradicts itself. Never caught: restart from the journal."""


def check(condition: bool, what: str) -> None:
    """Stop the program unless ``condition`` holds.

    Raises
    ------
    InvariantBroken
        If it does not hold.
    """
    if not condition:
        raise InvariantBroken(what)
