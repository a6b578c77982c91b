"""How a running demonstration looks: live on a terminal, or a short line now and then.

Decides what is shown of what is known, and nothing else.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from maps.units import Instant, datetime_of
from simulations.demo.conductor import DispatcherWord
from simulations.demo.watch import STAGES, Watch, WatchedVan

FRAMES_PER_S: Final = 4
LINE_S: Final = 5.0
BAR_WIDTH: Final = 24
LINES_BESIDE: Final = 3
"""The clock, the head of the vans' table and the line that the cursor stands on."""
NEWS_MIN: Final = 4
"""So many of the news are shown on however small a terminal (assumed)."""
STYLES: Final = {
    "announced": "white",
    "accepted": "white",
    "planned": "cyan",
    "aboard": "blue",
    "delivered": "green",
    "returned": "yellow",
    "unserved": "red",
    "cancelled": "magenta",
    "rejected": "red",
}


class View(Protocol):
    """Shows a demonstration while it runs."""

    def say(self, text: str) -> None:
        """Say something once."""
        ...

    def begin(self, watch: Watch, word: DispatcherWord, parcel_count: int) -> None:
        """Show the day from now on."""
        ...

    def show(self, now: Instant, machine_s: float) -> None:
        """Show how things stand."""
        ...

    def end(self) -> None:
        """Show nothing more."""
        ...


class LineView:
    """A line every few seconds, and one for everything new; for logs and ``--headless``."""

    def __init__(self, zone: str, write: Callable[[str], object] = sys.stderr.write) -> None:
        self._zone, self._write = zone, write
        self._watch: Watch | None = None
        self._word = DispatcherWord()
        self._shown_at_s = float("-inf")
        self._told: tuple[Instant, str] | None = None

    def say(self, text: str) -> None:
        """Write a line."""
        self._write(f"{text}\n")

    def begin(self, watch: Watch, word: DispatcherWord, parcel_count: int) -> None:
        """Show the day from now on."""
        del parcel_count
        self._watch, self._word = watch, word

    def show(self, now: Instant, machine_s: float) -> None:
        """Write the news, and now and then how things stand."""
        if self._watch is None:
            return
        for at, text in self._unsaid(self._watch):
            self._write(f"{clock_time(at, self._zone)}  {text}\n")
        if machine_s >= self._shown_at_s + LINE_S:
            self._shown_at_s = machine_s
            counts = ", ".join(f"{stage} {n}" for stage, n in self._watch.counts().items())
            self._write(
                f"{clock_time(now, self._zone)}  {counts or 'nothing announced yet'}; "
                f"replans {self._word.replan_count}, lag {self._word.lag_s_now:.0f} s\n"
            )

    def end(self) -> None:
        """Do nothing: lines stay as they are."""

    def _unsaid(self, watch: Watch) -> list[tuple[Instant, str]]:
        news = list(watch.news)
        start = news.index(self._told) + 1 if self._told in news else 0
        if news:
            self._told = news[-1]
        return news[start:]


class LiveView:
    """The whole day on a terminal: parcels, vans, what happened last, the world's clock."""

    def __init__(self, zone: str, console: Console) -> None:
        self._zone, self._console = zone, console
        self._watch: Watch | None = None
        self._word = DispatcherWord()
        self._parcel_count = 0
        self._shown_at_s = float("-inf")
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def say(self, text: str) -> None:
        """Write a line above the picture."""
        self._console.print(Text(text), soft_wrap=True)

    def begin(self, watch: Watch, word: DispatcherWord, parcel_count: int) -> None:
        """Show the day from now on."""
        self._watch, self._word, self._parcel_count = watch, word, parcel_count
        self._live.start()

    def show(self, now: Instant, machine_s: float) -> None:
        """Draw how things stand, a few times a second."""
        if self._watch is None or machine_s < self._shown_at_s + 1 / FRAMES_PER_S:
            return
        self._shown_at_s = machine_s
        self._live.update(self._picture(self._watch, now), refresh=True)

    def end(self) -> None:
        """Take the picture away."""
        self._live.stop()

    def _picture(self, watch: Watch, now: Instant) -> Group:
        head = Text.assemble(
            (clock_time(now, self._zone), "bold"),
            f"   replans {self._word.replan_count}   lag {self._word.lag_s_now:.0f} s",
        )
        parcels, vans = _parcels(watch, self._parcel_count), _vans(watch.vans)
        shown = max(parcels.row_count, 1) + vans.row_count + LINES_BESIDE
        room = self._console.height - shown
        told = [
            f"{clock_time(at, self._zone)}  {text}"
            for at, text in list(watch.news)[-max(room, NEWS_MIN) :]
        ]
        news = Text("\n".join(told), no_wrap=True, overflow="ellipsis")
        # What happened last stands above the vans where not all of it fits: the end is cut off.
        below = (vans, news) if room >= NEWS_MIN else (news, vans)
        return Group(head, parcels, *below)


def view_for(*, headless: bool, zone: str) -> View:
    """Return the view that suits: live on a terminal, else lines on stderr."""
    console = Console(stderr=True)
    if headless or not console.is_terminal:
        return LineView(zone)
    return LiveView(zone, console)


def clock_time(at: Instant, zone: str) -> str:
    """Return an instant as the clock on the depot's wall shows it."""
    local: datetime = datetime_of(at).astimezone(ZoneInfo(zone))
    return f"{local:%H:%M:%S}"


def _parcels(watch: Watch, parcel_count: int) -> Table:
    table = Table.grid(padding=(0, 2))
    counts = watch.counts()
    for stage in STAGES:
        count = counts.get(stage, 0)
        if stage == "announced" or not count:
            continue
        bar = ProgressBar(
            total=max(parcel_count, 1),
            completed=count,
            width=BAR_WIDTH,
            complete_style=STYLES[stage],
            finished_style=STYLES[stage],
        )
        table.add_row(Text(stage, style=STYLES[stage]), str(count), bar)
    return table


def _vans(vans: tuple[WatchedVan, ...]) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in ("van", "", "charge", "", "parcels"):
        table.add_column(title, justify="right" if title == "charge" else "left")
    for van in vans:
        colour = "red" if van.charge_percent < 15 else "green"
        bar = ProgressBar(
            total=100,
            completed=van.charge_percent,
            width=BAR_WIDTH // 2,
            complete_style=colour,
            finished_style=colour,
        )
        table.add_row(
            van.van_id, _doing(van), f"{van.charge_percent:.0f} %", bar, str(len(van.loads) or "")
        )
    return table


def _doing(van: WatchedVan) -> Text:
    if van.place is None:
        return Text("not heard of", style="dim")
    if van.is_stuck:
        return Text("stands", style="bold red")
    if van.is_charging:
        return Text("charges", style="yellow")
    if van.is_driving:
        return Text("drives", style="cyan")
    return Text("works" if van.is_busy else "free", style="white" if van.is_busy else "dim")
