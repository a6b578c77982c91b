"""Certificate and tokens of HTTP, read again while it serves: when files change, or at SIGHUP.

Decides that new files with a fault are refused with a word in the log, and what was read before
stays in force; and that certificate and key are judged together, as whoever renews them writes one
after the other. A connection that stands keeps the certificate that it began with; a token is
looked up for each request.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dispatcher.api.settings import HttpSettings
from dispatcher.api.tokens import BadTokensError, TokenBook, read_token_file
from dispatcher.live.tls import renew, server_tls_faults

logger = logging.getLogger(__name__)

LOOK_S: Final = 10.0
"""How often it is looked whether files have changed. Assumed: a certificate is renewed days before
it ends, and whoever takes a token back in a hurry sends SIGHUP."""

Stamps = tuple[tuple[int, int, int] | None, ...]
"""Of each file when it was changed, its size and its number; None if there is none."""


class Renewal:
    """Sees to it that HTTP shows the certificate and takes the tokens that the files hold.

    Parameters
    ----------
    settings
        Where the files are.
    context
        What connections are taken with; None in the clear.
    book
        Which tokens are good.
    """

    def __init__(
        self, settings: HttpSettings, context: ssl.SSLContext | None, book: TokenBook
    ) -> None:
        self._settings, self._context, self._book = settings, context, book
        tls, file = settings.tls, settings.tokens_file
        self._pair = () if tls is None else (tls.certificate, tls.key)
        self._token_files = () if file is None else (file,)
        self._pair_stamps = _stamps(self._pair)
        self._token_stamps = _stamps(self._token_files)

    async def run(self, asked: asyncio.Event) -> None:
        """Look now and then, and whenever ``asked`` is set, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await asked.wait()
            is_asked = asked.is_set()
            asked.clear()
            await self.look(even_if_same=is_asked)

    async def look(self, *, even_if_same: bool = False) -> None:
        """Read again what has changed, or all of it."""
        stamps = _stamps(self._pair)
        if self._pair and (even_if_same or stamps != self._pair_stamps):
            self._pair_stamps = stamps
            await self._read_pair()
        stamps = _stamps(self._token_files)
        if self._token_files and (even_if_same or stamps != self._token_stamps):
            self._token_stamps = stamps
            self._read_tokens(self._token_files[0])

    async def _read_pair(self) -> None:
        tls, context = self._settings.tls, self._context
        if tls is None or context is None:
            return
        # Judged apart, and not by the loop: what is read into the one in use must be good.
        faults = await asyncio.to_thread(server_tls_faults, tls)
        if not faults:
            try:
                renew(context, tls)
            except OSError as error:  # changed in between: it is looked at again
                self._pair_stamps = ()
                faults = {"certificate": str(error)}
        if faults:
            logger.error("http_certificate_refused", extra={"faults": faults})
        else:
            logger.info("http_certificate_read", extra={"certificate": str(tls.certificate)})

    def _read_tokens(self, file: Path) -> None:
        try:
            tokens = read_token_file(file)
        except BadTokensError as error:
            logger.error("http_tokens_refused", extra={"cause": error.what})
            return
        if tokens and not self._settings.may_have_tokens:
            cause = "without TLS they would cross a network in the clear"
            logger.error("http_tokens_refused", extra={"cause": cause})
            return
        self._book.tokens = tokens
        names = sorted(token.name for token in tokens)
        logger.info("http_tokens_read", extra={"names": names})


def _stamps(paths: Sequence[Path]) -> Stamps:
    return tuple(map(_stamp, paths))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
