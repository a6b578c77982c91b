"""Where HTTP is served; kept apart from what serves it, which takes long to import."""

from dataclasses import dataclass
from typing import Final

from dispatcher.api.hooks import Webhook
from dispatcher.api.tokens import Token
from dispatcher.live.tls import ServerTls

CONNECTIONS_MAX: Final = 256
"""Connections at once, assumed: a warehouse's systems, some screens and a scraper are tens."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where to listen, who may ask, and how many at once; more are turned away with 503.

    ``tls`` None: in the clear.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    connections_max: int = CONNECTIONS_MAX
    tls: ServerTls | None = None
    tokens: tuple[Token, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
