"""``robovan serve``: the live dispatcher as a command."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dispatcher.live.status import DepotSummary

EXIT_CUT_SHORT = 1
EXIT_UNSERVED = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve")(serve)


def serve(
    config: Annotated[Path, typer.Argument(help="TOML file; docs/configuration.md has the keys.")],
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON object when stopped.")
    ] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log one JSON object a line on stderr.")
    ] = False,
    log_level: Annotated[
        str, typer.Option(help="Least severe records to log: DEBUG, INFO, WARNING or ERROR.")
    ] = "INFO",
) -> None:
    """Dispatch live: take parcels in, plan, and command vans over MQTT, until told to stop.

    Everything is journalled before it is handled: killed and started again on the same journal, it
    carries on. SIGTERM and SIGINT stop it in order, a second one at once. Exits with 1 if that, or
    taking too long, has cut a depot short; with 3 if one ended before by a fault that was its own
    alone.

    Example: robovan serve serve.toml
    """
    # Imported here: the solver's libraries take a second that other commands should not wait for.
    from dispatcher.config import load_config  # noqa: PLC0415
    from dispatcher.live.logs import configure_logs  # noqa: PLC0415
    from dispatcher.live.service import run_service  # noqa: PLC0415

    level = log_level.upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise typer.BadParameter(f"{log_level!r} is none of them", param_hint="--log-level")
    configure_logs(as_json=log_json, level=level)
    summaries = run_service(load_config(config))
    if json_:
        typer.echo(json.dumps({"depots": [asdict(summary) for summary in summaries]}))
    else:
        for summary in summaries:
            typer.echo(
                f"{summary.depot_id}: {summary.events_handled} events handled, "
                f"largest lag {summary.lag_s_max:.1f} s of the world's time{_ending(summary)}"
            )
    if any(summary.fault is not None for summary in summaries):
        raise typer.Exit(EXIT_UNSERVED)
    if any(summary.is_cut_short for summary in summaries):
        raise typer.Exit(EXIT_CUT_SHORT)


def _ending(summary: "DepotSummary") -> str:
    """Say how a depot ended, if not as it should."""
    said = [] if summary.fault is None else [f"ended before, by {summary.fault}"]
    if summary.is_cut_short:
        said.append("cut short before it had finished")
    if summary.untold_count:
        said.append(f"{summary.untold_count} messages go out after the next start only")
    return "".join(f"; {words}" for words in said)
