"""``robovan api``: the documents that describe what the live dispatcher says and hears."""

import json
from typing import Annotated, Any

import typer

OneLine = Annotated[bool, typer.Option("--json", help="One line instead of an indented text.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    commands = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Describe the live dispatcher's interfaces for other programs.",
    )
    commands.command("openapi")(openapi)
    commands.command("asyncapi")(asyncapi)
    app.add_typer(commands, name="api")


def openapi(*, as_json: OneLine = False) -> None:
    """Print the OpenAPI document of the HTTP side.

    Example: robovan api openapi > openapi.json
    """
    from dispatcher.api.app import openapi as document  # noqa: PLC0415

    _show(document(), as_json=as_json)


def asyncapi(*, as_json: OneLine = False) -> None:
    """Print the AsyncAPI document of the MQTT side.

    Example: robovan api asyncapi > asyncapi.json
    """
    from dispatcher.api.asyncapi import asyncapi as document  # noqa: PLC0415

    _show(document(), as_json=as_json)


def _show(document: dict[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=None if as_json else 2, ensure_ascii=False))
