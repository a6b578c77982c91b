"""Write the pages of docs/ that repeat what the sources say, from the sources, lest they drift.

Decides how help, an error, a metric and an invariant become text; what they say is decided where
they are written. ``--check`` changes nothing and fails if a file differs from what it should be.
"""

import argparse
import ast
import difflib
import importlib
import inspect
import json
import os
import pkgutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("maps", "routing", "vehicles", "dispatcher", "simulations")
HELP_WIDTH = 100
WRITTEN = "<!-- Written by `make docs`: edit the sources instead. -->"

CLI_OPENING = f"""{WRITTEN}

# The command line

Every command takes `--help`, and `--json` for one JSON object on stdout; logs and progress go to
stderr. An expected failure is one sentence on stderr with a code of [errors.md](errors.md), and
with `--json` also `{{"error": {{"code", "what", "remedy"}}}}` on stdout.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | expected failure: one clear error |
| 2 | wrong usage |
| 3 | done, but something could not be served, and `--strict` was given |
| 130 | interrupted |
"""

ERRORS_OPENING = f"""{WRITTEN}

# Errors

Every expected failure carries a code that stays the same from release to release, so that it is
safe to search for and to alert on. The letters say which part noticed: `MAP` roads and places,
`RTE` routing, `VAN` vehicles and their messages, `DSP` the dispatcher, `SIM` the simulations. In
the sentences below, ‹…› stands for a value.
"""

METRICS_OPENING = f"""{WRITTEN}

# Metrics of a simulated day

Everything is counted by van and by the hour, in sums; a metric of an hour, a van, a depot or the
day is worked out from the sums of that part, so that no figure is a mean of means. The names below
are the keys of `metrics.json` and the columns of the CSV files; ratios run from 0 to 1 there, and
are shown in percent elsewhere. A metric that a part of the day does not have (lateness where
nothing was delivered) is `null`, and an empty cell.

Time, way and energy come from the simulated vans themselves, all else from the dispatcher's
account of the day. Emissions follow ISO 14083:2023 and the GLEC Framework v3: related to parcels or
to transport activity, which is mass times great-circle distance and so the same however the vans
drove. Both want them well-to-wheel; they are that if the scenario's factor is. The factor where a
scenario says none is of generation alone: upstream (fuels, plants) and losses of the network come
on top, about a fifth (assumed).
"""

MONITORING_OPENING = f"""{WRITTEN}

# Watching a running dispatcher

With `[process.http]` in its [configuration](configuration.md), `robovan serve` answers three
questions that machines ask, without a token: nothing in the answers tells of a parcel, a van or a
person. Let the port be reached only from where they are asked.

| path | answer |
|---|---|
| `GET /healthz` | 200 while the process runs and its event loop turns; start it again if not |
| `GET /readyz` | 200 when journal, broker and workers are there, else 503 with all causes |
| `GET /metrics` | for Prometheus, text format |

A depot that has [ended](standstills.md#a-depot-has-ended) by a fault of its own is named by
`/readyz` under `ended`; as long as another is served, the answer is 200 all the same: the others
need the API. `robovan_depot_ended` is what to watch for it.

The port is open from the start. Whoever asks before the depots have spoken to vans and warehouses,
which comes first, waits for the answer two seconds and a little at most.

Names carry base units: `_seconds`, and `_total` for what only grows. Every metric of a depot has
the label `depot` first. Counters named "in this run" begin at 0 with the process; those of vans,
parcels and trips are as of the depot's last status (a second ago, or some seconds for a large
depot). Beside these there are Prometheus' own `process_...` metrics: memory, CPU, open files.

Histograms have classes up to 0.001, 0.0025, 0.005 ... 10 seconds; what takes longer is in the last
one (`+Inf`), so a quantile says at most 10, and `_sum / _count` the mean.

[alerts.yml](../examples/monitoring/alerts.yml) holds what is worth an alert as rules for
Prometheus: a dispatcher that is not ready, a journal that cannot be written or is slow, a clock
that was set and a depot that has ended ([standstills](standstills.md)), a broker that is away,
queues that fill, vans and orders that nobody hears of, a planner that fails, a webhook whose
receiver has taken nothing for ten minutes (`robovan_webhook_lag_seconds > 600`;
`robovan_webhook_failures_total` says whether it was tried), strange messages, a forgotten hold.
Its limits are assumed.
[dashboard.json](../examples/monitoring/dashboard.json) is a dashboard of the same for Grafana:
import it and choose the Prometheus that scrapes the dispatcher.
"""


INVARIANTS_OPENING = f"""{WRITTEN}

# Invariants

What must be so on every simulated day, whatever the network, the roads, the vans and the warehouse
do. Each rule looks at every event after it was handled and at every message to a van, and once more
when the day is over; `robovan soak` lives one small day full of trouble after another and stops at
the first that breaks a rule, with its seed and the number of the event. What was true is asked of
those who know: what is aboard and what was handed over, of the simulated vans; what was announced
and answered, of the simulated warehouse; never of the core alone. Seeds that once broke a rule are
kept in `tests/seeds.txt` with what they taught, and are lived again by a test.

The last long soak, `robovan soak --days 2000 --seed-from 40000 --minutes 100 --workers 2`, lived
2,000 days with 149,950 parcels, 1,508,368 events and 2,953 restarts of the dispatcher: nothing was
broken. Rules have changed since (holds, orders taken back, bounded questions, forgetting); with
these, 400 days from seed 90000 on, with 30,215 parcels, 299,638 events and 610 restarts, broke
nothing; nor, since loading reports are believed in what they leave out and vans that forgot their
order go on, 250 days from seed 150000 on, with 18,813 parcels, 181,711 events and 393 restarts.
"""


def main() -> int:
    """Write or check the files; return 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    check = parser.parse_args().check
    # Help is laid out for a terminal; the docs must not depend on the one they are written in.
    os.environ.update(COLUMNS=str(HELP_WIDTH), TERMINAL_WIDTH=str(HELP_WIDTH), NO_COLOR="1")
    sys.path.insert(0, str(ROOT))
    differing = 0
    pages = {
        "docs/cli.md": cli_page,
        "docs/errors.md": errors_page,
        "docs/invariants.md": invariants_page,
        "docs/metrics.md": metrics_page,
        "docs/monitoring.md": monitoring_page,
        "docs/openapi.json": openapi_page,
        "docs/asyncapi.json": asyncapi_page,
    }
    for name, page in pages.items():
        text = page()
        path = ROOT / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        differing += 1
        if check:
            lines = difflib.unified_diff(
                before.splitlines(), text.splitlines(), name, f"{name} as it should be", n=1
            )
            print("\n".join(lines), f"\n{name} is out of date: run `make docs`.")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name} written")
    return int(check and differing > 0)


def cli_page() -> str:
    """Return the page of commands, a section with its help for each."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    import typer  # noqa: PLC0415

    from dispatcher.cli import COMMANDS_GROUP, build_app  # noqa: PLC0415

    top = typer.main.get_command(build_app(entry_points(group=COMMANDS_GROUP)))
    sections = []
    for words, context in _leaves(
        top, typer.Context(top, info_name="robovan", **top.context_settings)
    ):
        shown = inspect.cleandoc(context.get_help())
        shown = "\n".join(line.rstrip() for line in shown.splitlines())
        sections.append(f"\n## {words}\n\n```text\n{shown}\n```\n")
    return CLI_OPENING + "".join(sections)


def errors_page() -> str:
    """Return the page of errors, a section for each code."""
    sections = []
    for error in sorted(error_classes(), key=lambda cls: str(cls.__dict__.get("code", ""))):
        if "code" not in error.__dict__:
            continue
        says, remedy = _sentences(error)
        parts = [f"\n## {error.__dict__['code']}\n", f"`{error.__module__}.{error.__name__}`\n"]
        parts.append(inspect.cleandoc(error.__doc__ or "") + "\n")
        parts += [f"*It says:* {says}.\n"] if says else []
        parts += [f"*What to do:* {remedy}.\n"] if remedy else []
        sections.append("\n".join(parts))
    return ERRORS_OPENING + "".join(sections)


def metrics_page() -> str:
    """Return the page of metrics, a table for each group."""
    table = importlib.import_module("simulations.metrics.table")
    sections = []
    for title, metrics in table.GROUPS:
        rows = [
            f"| `{one.name}` | {one.title} | {one.unit} | {one.definition} | {one.how.in_words} |"
            for one in metrics
        ]
        sections.append(
            f"\n## {title}\n\n| name | title | unit | definition | how it sums |\n"
            "|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    names = ", ".join(f"`{one.name}`" for one in table.HEADLINES)
    sections.append(f"\n`robovan compare` judges by {names}; its table has all of them.\n")
    return METRICS_OPENING + "".join(sections)


def monitoring_page() -> str:
    """Return the page of what a running dispatcher tells, a row for each metric."""
    metrics = importlib.import_module("dispatcher.live.measures")
    table = "| name | kind | labels | meaning |\n|---|---|---|---|\n"
    of_process = [f"| `{n}` | {kind} | | {says} |" for n, kind, says in metrics.METRICS_OF_PROCESS]
    of_depot = [
        f"| `{one.name}` | {one.kind} | {', '.join(('depot', *one.labels))} | {one.meaning} |"
        for one in metrics.METRICS
    ]
    return (
        f"{MONITORING_OPENING}\n## Of the process\n\n{table}"
        + "\n".join(of_process)
        + f"\n\n## Of each depot\n\n{table}"
        + "\n".join(of_depot)
        + "\n"
    )


def openapi_page() -> str:
    """Return the OpenAPI document of the live dispatcher."""
    whole = importlib.import_module("dispatcher.api.app").openapi()
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def asyncapi_page() -> str:
    """Return the AsyncAPI document of the MQTT side."""
    whole = importlib.import_module("dispatcher.api.asyncapi").asyncapi()
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def invariants_page() -> str:
    """Return the page of invariants, a section for each, and what deliberate faults showed."""
    watch = importlib.import_module("simulations.invariants.watch")
    sections = []
    for invariant in watch.INVARIANTS:
        rule, _, how = inspect.getdoc(invariant).partition("\n\n")
        name = invariant.title()
        heading = name[0].upper() + name[1:]
        sections.append(f"\n## {heading}\n\n**{rule}**\n\n{how}\n")
    checked = ROOT / "benchmarks" / "mutations.md"
    tail = "\n" + checked.read_text(encoding="utf-8") if checked.exists() else ""
    return INVARIANTS_OPENING + "".join(sections) + tail


def error_classes() -> list[type]:
    """Return every expected error of the five packages, after importing all their modules."""
    base = importlib.import_module("maps.errors").RobovanError
    for name in PACKAGES:
        package: ModuleType = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found, waiting = [], [base]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [cls for cls in below if cls.__module__.partition(".")[0] in PACKAGES]
    return list(dict.fromkeys(found))


def _leaves(command, context, words="robovan") -> Iterator[tuple[str, object]]:
    """Walk to the commands that do something, by name."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, context
        return
    for name in sorted(below):
        inner = type(context)(below[name], info_name=name, parent=context)
        yield from _leaves(below[name], inner, f"{words} {name}")


def _sentences(error: type) -> tuple[str, str]:
    """Return what an error's constructor says and advises, as far as it is written there."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(error)))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"):
            continue
        remedy = next((word.value for word in node.keywords if word.arg == "remedy"), None)
        return _text(node.args[0] if node.args else None), _text(remedy)
    return "", ""


def _text(node: ast.expr | None) -> str:
    """Return a literal as text, with ‹name› for each value in it; "" if it is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            parts.append(f"‹{_name(part.value)}›")
        else:
            parts.append(_text(part))
    return "".join(parts)


def _name(node: ast.expr) -> str:
    """Return what a reader would call a value: ``path`` for ``str(path)`` or ``self.path[:40]``."""
    while True:
        match node:
            case ast.Call(args=[inner], keywords=[]) | ast.Subscript(value=inner):
                node = inner
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return name
            case _:
                return ast.unparse(node)


if __name__ == "__main__":
    sys.exit(main())
