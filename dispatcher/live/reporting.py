"""What the core reports for people, in the log: what it finds again and again is said once.

Decides that a depot without a van to plan with, which the core looks for anew every ``retry_s``,
all night, is said when that begins, once an hour while it lasts, and when there is a van again.
"""

import logging
from typing import Final

from dispatcher.core.decisions import Report, Solve
from dispatcher.live.clock import MachineTime

logger = logging.getLogger(__name__)

LASTING: Final = "no_van_to_plan_with"
OVER: Final = "vans_to_plan_with"
SAID_S: Final = 3600.0
"""What lasts is said so often, by the machine's clock."""


class Reporter:
    """Says what the core of one depot reports."""

    def __init__(self, depot_id: str, machine: MachineTime) -> None:
        self._depot_id = depot_id
        self._machine = machine
        self._said_s: float | None = None  # when what lasts was said; None: it does not last

    def report(self, report: Report) -> None:
        """Say a report, unless it was said and only lasts."""
        if report.name == LASTING:
            now_s = self._machine.seconds()
            if self._said_s is not None and now_s - self._said_s < SAID_S:
                return
            self._said_s = now_s
        self._say(report)

    def asked(self, question: Solve) -> None:
        """Take note of a question: one about all that waits is asked for vans that there are."""
        kind = question.request.request_id.rpartition("/")[2]
        if self._said_s is not None and kind.startswith("plan-"):
            self._said_s = None
            there = f"{len(question.request.vans)} can be planned with"
            self._say(Report(OVER, self._depot_id, there))

    def _say(self, report: Report) -> None:
        extra = {"depot_id": self._depot_id, "name_of": report.name}
        extra |= {"subject_id": report.subject_id, "detail": report.detail}
        logger.info("report", extra=extra)
