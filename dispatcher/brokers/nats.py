"""Users and rights as the NATS server has them: one configuration file.

NATS binds no session to a user, so the names of sessions must not be guessed: whoever knows one
could disconnect its owner, though neither read nor say anything for it.
"""

from collections.abc import Iterable
from typing import Final

from dispatcher.brokers.credentials import Credential
from dispatcher.brokers.listening import MESSAGE_BYTES_MAX, UNACKNOWLEDGED_MAX, Listening
from dispatcher.brokers.users import WAREHOUSE_SAYS, User

ROUNDS: Final = 4
"""The least that bcrypt knows, a millisecond for each connection: our passwords need no more, see
``credentials``, and at the usual cost 2,000 vans that come back at once would wait for minutes."""

DELIVERIES: Final = "$MQTT.sub.>"
"""Where the server itself delivers QoS 1 (NATS documentation, "MQTT: permissions"); it lets nobody
subscribe there from outside."""

PENDING_SUM_MAX: Final = 65_535
"""The server refuses a client's subscription at QoS 1 when with all of them so many messages could
be on their way to it (NATS documentation, "MQTT: max_ack_pending")."""


def nats_files(
    users: Iterable[User], credentials: Iterable[Credential], listening: Listening
) -> dict[str, str]:
    """Return the text of every file by its name."""
    users = tuple(users)
    depot_count = sum(user.name.startswith("warehouse-") for user in users)
    words = {one.username: hashed(one.password) for one in credentials}
    listed = "\n".join(user_entry(user, f'"{words[user.name]}"') for user in users)
    text = f"""# MQTT for vans and warehouses. NATS itself is spoken on this machine only.
server_name: "robovan"
listen: "127.0.0.1:4222"
max_payload: {MESSAGE_BYTES_MAX}
jetstream {{ store_dir: "{listening.folder / "store"}" }}
mqtt {{
  listen: "{listening.address}:{listening.port}"
  max_ack_pending: {pending_max(depot_count)}
  ack_wait: "5s"
{_tls(listening)}}}
# There is no user without a name, and what is not listed is refused.
authorization {{
  users = [
{listed}
  ]
}}
"""
    return {"nats.conf": text}


def pending_max(depot_count: int) -> int:
    """Return how many messages may be on their way for each of a dispatcher's subscriptions."""
    subscriptions = len(WAREHOUSE_SAYS) * depot_count + 2  # news of roads and of chargers as well
    return min(UNACKNOWLEDGED_MAX, PENDING_SUM_MAX // subscriptions)


def user_entry(user: User, password: str) -> str:
    """Return a user as one line of the configuration; ``password`` as it is written there."""
    publish = ", ".join(f'"{subject(topic)}"' for topic in user.says)
    subscribe = ", ".join(f'"{one}"' for one in (*map(subject, user.hears), DELIVERIES))
    return (
        f'    {{ user: "{user.name}", password: {password}, '
        f'allowed_connection_types: ["MQTT"], permissions: '
        f"{{ publish: [{publish}], subscribe: [{subscribe}] }} }}"
    )


def subject(topic_filter: str) -> str:
    """Return the NATS subject of an MQTT topic filter without a trailing ``#``.

    Levels are parted by ``.`` there, ``+`` is ``*``, and a dot inside a level is ``//``
    (NATS documentation, "MQTT Topics and NATS Subjects").
    """
    levels = topic_filter.split("/")
    return ".".join(level.replace(".", "//").replace("+", "*") for level in levels)


def hashed(password: str) -> str:
    """Return a password as the configuration has it."""
    import bcrypt  # noqa: PLC0415 - the embedded broker takes the rest of this file, and needs none

    digest: bytes = bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS, b"2a"))
    return digest.decode()


def _tls(listening: Listening) -> str:
    if listening.certificate is None:
        return ""
    lines = [f'    cert_file: "{listening.certificate}"', f'    key_file: "{listening.key}"']
    if listening.ca is not None:
        lines += [f'    ca_file: "{listening.ca}"', "    verify: true"]
    return "\n".join(["  tls {", *lines, "  }"]) + "\n"
