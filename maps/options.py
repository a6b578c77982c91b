"""Options that several commands read alike."""

import typer

from maps.units import Instant, NaiveInstantError, parse_rfc3339


def departure_of(text: str | None) -> Instant | None:
    """Return the instant that ``--depart`` gives, or None if it was not given."""
    return instant_option(text, "--depart")


def instant_option(text: str | None, name: str) -> Instant | None:
    """Return the instant that the option of a name gives, or None if it was not given.

    Raises
    ------
    typer.BadParameter
        If it is no date and time, or has no offset from UTC.
    """
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except NaiveInstantError:
        raise typer.BadParameter(
            f"{text!r} lacks the offset from UTC, such as +02:00", param_hint=name
        ) from None
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date and time such as 2026-03-02T08:00:00+02:00",
            param_hint=name,
        ) from None
