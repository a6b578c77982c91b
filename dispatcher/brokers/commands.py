"""``robovan broker config``: a broker's configuration from a fleet file, as a command."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    commands = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Make MQTT brokers ready for a fleet: users, passwords, and who may say what.",
    )
    commands.callback()(_group)
    commands.command("config")(config)
    app.add_typer(commands, name="broker")


def _group() -> None:
    """Keep ``config`` a command of its own name: alone, it would be taken for the whole group."""


def config(
    fleet: Annotated[Path, typer.Argument(help="Depots and vans: a .toml file.")],
    *,
    broker: Annotated[
        Literal["mosquitto", "nats"], typer.Option(help="Whose configuration to write.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    address: Annotated[str, typer.Option(help="Where the broker listens.")] = "0.0.0.0",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Default: 8883 with TLS, 1883 without."),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="PEM file; clients must show a certificate that it has signed."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM file of the broker's certificate, for TLS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of its key.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the files will be when the broker runs. Default: the output."),
    ] = None,
    with_credentials: Annotated[
        bool,
        typer.Option(
            "--with-credentials", help="Write the passwords also where they follow from a secret."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Write what a broker needs to know of a fleet: users, passwords, rights, limits.

    A van may say and hear its own topics and no others, a warehouse those of its depot. Passwords
    follow from the secret in ROBOVAN_BROKER_SECRET; without one they are drawn, and stand in
    credentials.csv, which only its owner may read. Run again for a changed fleet, the passwords in
    that file stay.

    Example: robovan broker config examples/fleet.toml --broker mosquitto -o broker
    """
    # Imported here: reading fleet files takes libraries that --help should not wait for.
    from dispatcher.brokers.listening import Listening  # noqa: PLC0415
    from dispatcher.brokers.writing import write_broker  # noqa: PLC0415

    listening = Listening(
        address,
        port or (1883 if certificate is None else 8883),
        (folder or output).absolute(),
        *(None if path is None else path.absolute() for path in (ca, certificate, key)),
    )
    written = write_broker(fleet, broker, output, listening, with_credentials=with_credentials)
    if as_json:
        document = {
            "files": [str(path) for path in written.files],
            "credentials": None if written.credentials is None else str(written.credentials),
            "users": written.user_count,
            "new": written.new_count,
        }
        typer.echo(json.dumps(document))
        return
    for path in written.files:
        typer.echo(str(path))
    if written.credentials is not None:
        typer.echo(f"{written.credentials}: give each its line, and keep the file secret")
