"""Where HTTP is served; kept apart from what serves it, which takes long to import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dispatcher.api.hooks import Webhook
from dispatcher.api.tokens import Token
from dispatcher.live.tls import ServerTls

CONNECTIONS_MAX: Final = 256
"""Connections at once, assumed: a warehouse's systems, some screens and a scraper are tens."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where to listen, who may ask, and how many at once; more are turned away with 503.

    ``tls`` None: in the clear. ``tokens_file`` is where the tokens are from, if from a file, which
    may change; ``may_have_tokens``: whether some may be used here at all, if there are none yet.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    connections_max: int = CONNECTIONS_MAX
    tls: ServerTls | None = None
    tokens: tuple[Token, ...] = ()
    tokens_file: Path | None = None
    may_have_tokens: bool = True
    webhooks: tuple[Webhook, ...] = ()
