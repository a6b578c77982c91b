"""What every test shares: reproducible examples, and no way out to the network."""

import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# "ci" draws the same examples each time, so that a run that passed here passes anywhere;
# HYPOTHESIS_PROFILE=explore looks for new ones. No deadlines: they measure the machine.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class LeftTheMachineError(BaseException):
    """A test tried to reach another machine. No ``except Exception`` may hide it."""


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Let sockets of this process connect to the loopback address only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise LeftTheMachineError(f"tests stay on this machine, but one connects to {address}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_loopback(host: str) -> bool:
    """Say whether a host is this machine; a name other than localhost counts as another one."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
