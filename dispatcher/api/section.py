"""``[process.http]`` of the configuration: what it may say, and the settings that follow from it.

Decides what is refused before anything listens: files that are no certificate and key, webhooks
without secrets, and tokens that would cross a network in the clear without anybody having said so.
Light: the configuration imports it.
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from dispatcher.api.hooks import Begin, EventKind, with_secrets
from dispatcher.api.settings import CONNECTIONS_MAX, HttpSettings
from dispatcher.api.tokens import read_tokens, token_file
from dispatcher.live.tls import ServerTls, server_faults, server_tls_of
from dispatcher.steering import Section
from maps.errors import RobovanError

PASSPHRASE_VARIABLE: Final = "ROBOVAN_HTTP_KEY_PASSPHRASE"
Text = Annotated[str, Field(min_length=1)]


class PlainTokensError(RobovanError):
    """Tokens would cross a network without TLS, where whoever listens can take them."""

    code = "DSP-617"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"HTTP at {host!r} has tokens but no TLS, and others than this machine can reach it",
            remedy="Give certificate and key in [process.http], listen at 127.0.0.1, or say "
            "plain_text = true if a proxy before it speaks TLS",
        )
        self.host = host


def _reachable(url: str) -> str:
    """Refuse an address without a host, or with a port that there is not."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("no address such as https://shop.example/events")
    return url


class WebhookSection(Section):
    """``[[process.http.webhooks]]``: who is told of parcel events; ``kinds`` empty: of all.

    ``begin`` counts for one that was never told anything: it hears what happens from its first
    start on, or all that the journal holds.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    url: Annotated[str, AfterValidator(_reachable)]
    kinds: Annotated[list[EventKind], Field(default_factory=list)]
    begin: Begin = "now"


def _named_once(webhooks: list[WebhookSection]) -> list[WebhookSection]:
    """Refuse two webhooks of one name: each would take what the other was told for told to it."""
    names = [webhook.name for webhook in webhooks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"more than one is named {', '.join(twice)}")
    return webhooks


class HttpSection(Section):
    """``[process.http]``: where the API, health and metrics are served.

    ``certificate`` and ``key`` are PEM files; with them, TLS is spoken. ``plain_text`` allows
    tokens without it on addresses that other machines reach.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    connections_max: Annotated[int, Field(ge=1, le=10_000)] = CONNECTIONS_MAX
    certificate: Text | None = None
    key: Text | None = None
    plain_text: bool = False
    webhooks: Annotated[
        list[WebhookSection], AfterValidator(_named_once), Field(default_factory=list)
    ]


def http_settings(
    section: HttpSection, folder: Path, environment: Mapping[str, str]
) -> HttpSettings:
    """Return the settings that a section and the secrets of the environment make.

    Raises
    ------
    BadTokensError, WebhookSecretError, PlainTokensError
        If a token cannot be read, a webhook has no secret, or tokens would be sent in the clear.
    """
    tls = _tls(section.model_dump(), folder, environment)
    tokens = read_tokens(environment)
    may_have_tokens = tls is not None or section.plain_text or _is_loopback(section.host)
    if tokens and not may_have_tokens:
        raise PlainTokensError(section.host)
    return HttpSettings(
        host=section.host,
        port=section.port,
        connections_max=section.connections_max,
        tls=tls,
        tokens=tokens,
        tokens_file=token_file(environment),
        may_have_tokens=may_have_tokens,
        webhooks=with_secrets(
            [(hook.name, hook.url, hook.kinds, hook.begin) for hook in section.webhooks],
            environment,
        ),
    )


def file_faults(
    section: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with the files that a section names: each time the key and the fault."""
    return server_faults(section, folder, environment.get(PASSPHRASE_VARIABLE))


def _tls(
    section: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
) -> ServerTls | None:
    return server_tls_of(section, folder, environment.get(PASSPHRASE_VARIABLE))


def _is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host; other names than localhost may mean any."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
