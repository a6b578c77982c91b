"""A comparison in words: the sentence, and the table for a report.

Decides how a difference is told. Only what is significant is claimed; what is not is named, so
that silence is no claim either.
"""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any, Final

from simulations.comparing.judging import Comparison, Judged, Tournament
from simulations.comparing.paired import LEVEL, Difference
from simulations.metrics.table import HEADLINES, METRICS, Metric
from simulations.metrics.writing import rounded

SCHEMA_VERSION: Final = 1


def sentence(comparison: Comparison, tournament: Tournament) -> str:
    """Return in one sentence what is significant, and by how much."""
    base, other = comparison.base, comparison.other
    days = f"{len(tournament.seeds)} paired days"
    if len(tournament.seeds) < 2:
        return f"{other} against {base}: one day says nothing of what is significant."
    told = [one for one in comparison.headlines if one.is_significant]
    silent = [one.metric.title.lower() for one in comparison.headlines if not one.is_significant]
    how = f"Holm-corrected for {tournament.test_count} differences, {days}"
    if not told:
        return f"{other} does not differ significantly from {base} in {_listed(silent)} ({how})."
    seeds = len(tournament.seeds)
    good = [_clause(one, seeds) for one in told if one.is_better]
    bad = [_clause(one, seeds) for one in told if not one.is_better]
    claims = _listed(good) + (", but " if good and bad else "") + _listed(bad)
    rest = f"; no significant difference in {_listed(silent)}" if silent else ""
    return f"Against {base}, {other} {claims}{rest} ({how})."


def _clause(one: Judged, seeds: int) -> str:
    """Return a significant difference: "delivers 2.1 points more on time (95 % interval ...)"."""
    saying, difference = one.metric.saying, one.difference
    if saying is None:
        raise ValueError(f"{one.metric.name} is no headline")
    word = saying.more if difference.mean > 0 else saying.less
    interval = ""
    if difference.low is not None and difference.high is not None:
        ends = sorted(abs(end) for end in (difference.low, difference.high))
        shown = [_amount(one.metric, difference, end)[0] for end in ends]
        days = _days_of(difference, seeds)
        interval = f" ({LEVEL:.0%} interval {shown[0]} to {shown[1]}{days})".replace("%", " %")
    amount, unit = _amount(one.metric, difference, abs(difference.mean))
    return f"{saying.verb} {amount}{unit} {word} {saying.tail}{interval}"


def _days_of(difference: Difference, seeds: int) -> str:
    """Return how many days a difference is of where that is not all: ", of 5 days"."""
    return "" if difference.count == seeds else f", of {difference.count} days"


def _amount(metric: Metric, difference: Difference, value: float) -> tuple[str, str]:
    """Return a difference as it is told, and its unit."""
    relative = metric.saying is not None and metric.saying.is_relative
    if relative and difference.base:
        return f"{100 * value / abs(difference.base):.1f}", " %"
    if metric.unit == "%":
        return f"{100 * value:.1f}", " points"
    return shown(metric, value), f" {metric.unit}"


def shown(metric: Metric, value: float | None) -> str:
    """Return a metric's value as people see it, without its unit."""
    if value is None:
        return "–"
    if metric.unit == "%":
        return f"{100 * value:.1f}"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def signed(metric: Metric, value: float) -> str:
    """Return a difference as people see it: with its sign, without its unit."""
    text = shown(metric, abs(value))
    return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def _listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def markdown(tournament: Tournament, picture: str) -> str:
    """Return the comparison as a page: the sentences, the picture, the tables.

    Parameters
    ----------
    tournament
        What was found.
    picture
        Name of the plot beside it.
    """
    base = tournament.ways[0]
    parts = [
        f"# {', '.join(tournament.ways[1:])} against {base}\n",
        f"{len(tournament.seeds)} days, the same seeds for all ({_seeds(tournament.seeds)}).\n",
        *(f"- {sentence(one, tournament)}" for one in tournament.comparisons),
        f"\n![Differences with their intervals]({picture})\n",
        "## Means\n",
        _table(
            ("", *tournament.ways),
            ((_name(metric), *_means(tournament, metric)) for metric in METRICS),
        ),
    ]
    for comparison in tournament.comparisons:
        parts.append(f"\n## {comparison.other} less {base}\n")
        parts.append(
            _table(
                ("", "difference", f"{LEVEL:.0%} interval".replace("%", " %"), "p, corrected"),
                (_row(one, len(tournament.seeds)) for one in comparison.judged),
            )
        )
    return "\n".join(parts) + "\n"


def _seeds(seeds: Sequence[int]) -> str:
    if len(seeds) > 1 and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _name(metric: Metric) -> str:
    return f"**{metric.caption}**" if metric in HEADLINES else metric.caption


def _means(tournament: Tournament, metric: Metric) -> list[str]:
    found = []
    for way in tournament.ways:
        days = [one for one in tournament.days(way, metric.name) if one is not None]
        found.append(shown(metric, fmean(days) if days else None))
    return found


def _row(one: Judged, seeds: int) -> tuple[str, ...]:
    metric, found = one.metric, one.difference
    interval = "–"
    if found.low is not None and found.high is not None:
        interval = f"{signed(metric, found.low)} to {signed(metric, found.high)}"
    interval += _days_of(found, seeds)
    corrected = "" if one.p_corrected is None else f"{one.p_corrected:.3f}"
    mark = " *" if one.is_significant else ""
    return _name(metric), signed(metric, found.mean), interval, corrected + mark


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown: names at the left, figures at the right."""
    columns = list(head)
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def document(tournament: Tournament) -> dict[str, Any]:
    """Return the comparison as plain JSON values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ways": list(tournament.ways),
        "seeds": list(tournament.seeds),
        "level": LEVEL,
        "test_count": tournament.test_count,
        "comparisons": [
            {
                "way": one.other,
                "against": one.base,
                "sentence": sentence(one, tournament),
                "differences": {judged.metric.name: _judged(judged) for judged in one.judged},
            }
            for one in tournament.comparisons
        ],
        "days": [
            {"way": one.way, "seed": one.seed, **rounded(one.metrics)} for one in tournament.lived
        ],
    }


def _judged(one: Judged) -> dict[str, Any]:
    found = one.difference
    figures = {
        "base": found.base,
        "other": found.other,
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "p_corrected": one.p_corrected,
    }
    return {"count": found.count, **rounded(figures), "significant": one.is_significant}
