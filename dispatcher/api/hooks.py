"""Who is told of parcel events by a request of ours, and the secrets that sign them.

Light: the configuration imports it. Secrets come from the environment variable
``ROBOVAN_WEBHOOK_SECRETS``, one a line: the webhook's name and its secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from maps.errors import RobovanError

EventKind = Literal[
    "accepted",
    "bundled",
    "planned",
    "loaded",
    "out_for_delivery",
    "delivered",
    "failed",
    "returned",
    "unserved",
    "cancelled",
    "rejected",
]
"""Kinds of parcel events, as ``core.decisions.Publish`` has them."""

Begin = Literal["now", "journal"]
"""From where on a webhook is told that is new."""

SECRETS_VARIABLE: Final = "ROBOVAN_WEBHOOK_SECRETS"
SECRET_LETTERS_MIN: Final = 20


class WebhookSecretError(RobovanError):
    """A webhook has no secret to sign with, or too short a one."""

    code = "DSP-616"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Webhook {name!r} has no secret of {SECRET_LETTERS_MIN} letters or more",
            remedy=f"Add a line to {SECRETS_VARIABLE}: {name}, a space, and a secret such as one "
            "of: openssl rand -hex 32",
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told what; ``kinds`` empty: every kind of event.

    ``begin``: whether one that was never told anything hears of what is to come, or of all that
    the journal holds.
    """

    name: str
    url: str
    kinds: frozenset[str]
    begin: Begin
    secret: bytes = field(repr=False)


def with_secrets(
    wanted: Sequence[tuple[str, str, Sequence[str], Begin]], environment: Mapping[str, str]
) -> tuple[Webhook, ...]:
    """Return webhooks of names, addresses, kinds and beginnings, with their secrets.

    Raises
    ------
    WebhookSecretError
        If one has none.
    """
    lines = [line.split() for line in environment.get(SECRETS_VARIABLE, "").splitlines()]
    secrets = {parts[0]: parts[1] for parts in lines if len(parts) == 2}
    hooks = []
    for name, url, kinds, begin in wanted:
        secret = secrets.get(name, "")
        if len(secret) < SECRET_LETTERS_MIN:
            raise WebhookSecretError(name)
        hooks.append(Webhook(name, url, frozenset(kinds), begin, secret.encode()))
    return tuple(hooks)
