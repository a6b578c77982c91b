"""The socket that HTTP listens at, and account of whoever came in and was not heard yet.

asyncio tells of a connection only when its TLS handshake is done, so a server counts none that is
under way: who begins a thousand and ends none would take a thousand sockets. Decides how many may
be under way, that the oldest gives way to a new one, and how long one may take.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sized
from typing import Any, Final

HANDSHAKE_S_MAX: Final = 10.0
"""As long as the head of a request may take, assumed."""


class Lobby:
    """Connections that were taken on and are no connection of the server's yet.

    Parameters
    ----------
    connections_max
        How many connections there may be with those here; one may be here in any case, for the
        server can turn away, or let others go for, only whom it has heard.

    Attributes
    ----------
    connections
        The server's.
    """

    def __init__(self, connections_max: int) -> None:
        self.connections: Sized = ()
        self._max = connections_max
        self._waiting: dict[Any, tuple[_Guest, asyncio.TimerHandle]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, guest: "_Guest", address: Any) -> None:
        """Take somebody in, and send the one away that has waited longest if there is no room."""
        timer = asyncio.get_running_loop().call_later(HANDSHAKE_S_MAX, guest.end)
        self._waiting[address] = guest, timer
        guest.leave = lambda: self.leave(address)
        if len(self) > 1 and len(self) + len(self.connections) > self._max:
            address_of_oldest, (oldest, _) = next(iter(self._waiting.items()))
            self.leave(address_of_oldest)
            oldest.end()

    def leave(self, address: Any) -> None:
        """Forget somebody, who has become a connection or is gone."""
        _, timer = self._waiting.pop(address, (None, None))
        if timer is not None:
            timer.cancel()


class Door(socket.socket):
    """A listening socket whose guests go through the lobby."""

    def __init__(self, listening: socket.socket, lobby: Lobby) -> None:
        super().__init__(fileno=listening.detach())
        self._lobby = lobby

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection on."""
        plain, address = super().accept()
        guest = _Guest(fileno=plain.detach())
        self._lobby.enter(guest, address)
        return guest, address


class _Guest(socket.socket):
    """A connection's socket, which says when it is closed."""

    leave: Callable[[], None]

    def close(self) -> None:
        """Close the socket."""
        super().close()
        self.leave()

    def end(self) -> None:
        """End the connection; whoever reads from it closes it then."""
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
