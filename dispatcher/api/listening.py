"""The port of HTTP, taken before anything else: light, unlike what serves it.

Whoever connects early waits until somebody answers.
"""

import socket
from typing import Final

from dispatcher.api.errors import HttpPortError
from dispatcher.api.settings import HttpSettings

BACKLOG: Final = 128


def listen(settings: HttpSettings) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    HttpPortError
        If the port is taken, or the host is not ours.
    """
    host, port = settings.host, settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise HttpPortError(host, port, error.strerror or str(error)) from None
