"""What can keep the live dispatcher from starting or going on."""

from maps.errors import RobovanError
from maps.units import Instant, rfc3339


class BrokerUnreachableError(RobovanError):
    """No connection to the MQTT broker came about in time, or it turned us away."""

    code = "DSP-301"

    def __init__(self, host: str, port: int, reason: str, *, waited_s: float) -> None:
        super().__init__(
            f"No connection to the broker at {host}:{port} within {waited_s:g} s ({reason})",
            remedy=(
                "Start the broker, or correct host, port, username and certificates in "
                "[process.broker] and the password in ROBOVAN_MQTT_PASSWORD"
            ),
        )
        self.host = host
        self.port = port
        self.reason = reason


class SubscriptionRefusedError(RobovanError):
    """The broker lets us in, but does not let us hear what we must."""

    code = "DSP-305"

    def __init__(
        self, host: str, port: int, username: str | None, *, topics: tuple[str, ...]
    ) -> None:
        super().__init__(
            f"The broker at {host}:{port} does not let user {username!r} hear {topics[0]!r}"
            + (f" and {len(topics) - 1} more" if len(topics) > 1 else ""),
            remedy=(
                "Give the user that right (`robovan broker config` writes all that are needed), or "
                "correct username and states_username in [process.broker]"
            ),
        )
        self.username = username
        self.topics = topics


class SharedSessionError(RobovanError):
    """Both of the dispatcher's connections are ended as often as they come about."""

    code = "DSP-306"

    def __init__(self, host: str, port: int, usernames: tuple[str | None, str | None]) -> None:
        super().__init__(
            f"The dispatcher's two connections to the broker at {host}:{port}, as {usernames[0]!r} "
            f"and {usernames[1]!r}, are ended again and again: by each other where the broker "
            "knows sessions by the user's name, or by another dispatcher with this client id",
            remedy=(
                "Set states_username in [process.broker] to a second user, such as the "
                "dispatcher-states of `robovan broker config`, and give its password in "
                "ROBOVAN_MQTT_STATES_PASSWORD; end the other dispatcher if there is one"
            ),
        )
        self.usernames = usernames


class SolverStartError(RobovanError):
    """The worker processes that make plans cannot be started, or die at once."""

    code = "DSP-302"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The planning workers do not start ({reason})",
            remedy="Free memory, or lower workers in [process]; the workers' last words are above",
        )
        self.reason = reason


class DepotOpenError(RobovanError):
    """The fleet file no longer has a depot at which something is open."""

    code = "DSP-303"

    def __init__(self, depot_ids: tuple[str, ...], journal: str, left: str) -> None:
        super().__init__(
            f"Depots of journal {journal!r} are not in the fleet file, and something of them is "
            f"open: {left}",
            remedy=(
                "Put them back into the fleet file, serve until their parcels are delivered, back "
                "or cancelled and their trips are over, and take them out then; or begin a new "
                "journal"
            ),
        )
        self.depot_ids = depot_ids
        self.left = left


class SharedVanError(RobovanError):
    """A van belongs to two depots; it could get two orders at once."""

    code = "DSP-304"

    def __init__(self, van_id: str, depot_ids: tuple[str, str]) -> None:
        super().__init__(
            f"Van {van_id!r} belongs to the depots {depot_ids[0]!r} and {depot_ids[1]!r}",
            remedy="Leave it to one of them in the fleet file",
        )
        self.van_id = van_id
        self.depot_ids = depot_ids


class ClockBehindError(RobovanError):
    """The clock is behind what the journal holds already: one of them was wrong."""

    code = "DSP-307"

    def __init__(self, now: Instant, newest: Instant) -> None:
        super().__init__(
            f"The clock shows {rfc3339(now)}, but the journal's newest entry is of "
            f"{rfc3339(newest)}",
            remedy=(
                "Set the machine's clock if it is wrong, or [process.clock]. If it is right, "
                "entries were written while it was ahead: start again when that instant has "
                "passed, restore the journal from a copy of before, or begin a new one"
            ),
        )
        self.now = now
        self.newest = newest
