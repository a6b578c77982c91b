"""The processes of a live day: dispatcher, vans and warehouse, with the broker between them.

Decides which processes there are, with which password each speaks, and in which order they end so
that nothing said is lost. What they live through is written in files before.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from simulations.errors import ChildEndedError
from simulations.processes import Child, python_command
from simulations.wire.process import PASSWORD_VARIABLE, READY

STOP_S_MAX: Final = 10.0
CLI: Final = "import sys; from dispatcher.cli import main; sys.exit(main())"


class Broker(Protocol):
    """A broker that runs beside these processes."""

    @property
    def passwords(self) -> Mapping[str, str]:
        """Return each role's password."""
        ...

    def check(self) -> None:
        """Fail if the broker is over."""
        ...


@dataclass(frozen=True, slots=True)
class DayFiles:
    """What the processes read, and where they write.

    Attributes
    ----------
    folder
        Where their output goes, too.
    config, scenario
        Of ``robovan serve``; of vans and warehouse.
    ledger, van_report
        Written at the end by the warehouse and by the vans.
    environment
        Further variables of the dispatcher.
    """

    folder: Path
    config: Path
    scenario: Path
    ledger: Path
    van_report: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class Parts:
    """The processes of the day, started here and stopped in the order that loses nothing."""

    def __init__(self, files: DayFiles, broker: Broker) -> None:
        self._files, self._broker = files, broker
        scenario = str(files.scenario)
        self._children: list[Child] = []
        self.serve = self._start_serve()
        wire = "simulations.wire"
        self.vans = self._start(
            "vans", python_command(wire, "vans", scenario, str(files.van_report)), "vans"
        )
        self.warehouse = self._start(
            "warehouse",
            python_command(wire, "warehouse", scenario, str(files.ledger)),
            "warehouse",
        )

    def check(self) -> None:
        """Fail if any part is over."""
        self._broker.check()
        for child in (self.serve, self.vans, self.warehouse):
            child.check()

    def is_ready(self) -> bool:
        """Return whether vans and warehouse say that they are connected."""
        return all(child.has_said(READY) for child in (self.vans, self.warehouse))

    def kill_dispatcher(self) -> None:
        """Kill the dispatcher without a warning, and start it again on the same journal."""
        self.serve.kill()
        self._children.remove(self.serve)
        self.serve = self._start_serve()

    def stop(self) -> None:
        """Stop all parts: the dispatcher first, so that everything it said is still heard."""
        for child in (self.serve, self.warehouse, self.vans, *self._children):
            child.stop(STOP_S_MAX)

    def end_well(self) -> None:
        """Stop all parts, and fail if one did not end as it should.

        Raises
        ------
        ChildEndedError
            With the part's exit code and last words.
        """
        for child in (self.serve, self.warehouse, self.vans):
            code = child.stop(STOP_S_MAX)
            if code != 0:
                raise ChildEndedError(child.name, code, child.last_lines(), child.folder)

    def _start_serve(self) -> Child:
        command = [sys.executable, "-c", CLI, "serve", str(self._files.config)]
        return self._start("serve", command, "dispatcher", self._files.environment)

    def _start(
        self, name: str, command: list[str], role: str, more: Mapping[str, str] | None = None
    ) -> Child:
        words = {PASSWORD_VARIABLE: self._broker.passwords[role], **(more or {})}
        child = Child(name, command, folder=self._files.folder, environment=words)
        self._children.append(child)
        return child
