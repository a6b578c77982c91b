"""What becomes of each decision: a message, a question, a van's order, or a line in the log.

Decides which is which. What a message says is ``telling``'s, what a van must hear its session's.
"""

import asyncio
from typing import assert_never

from dispatcher.core.decisions import (
    Accept,
    AnswerHold,
    CancelTrip,
    ConfirmCancel,
    Decision,
    Forecast,
    Load,
    Publish,
    Reject,
    Report,
    SendTrip,
    Solve,
    Withdraw,
)
from dispatcher.live.asking import Asking
from dispatcher.live.orders import OrderSender
from dispatcher.live.outbox import Outbox
from dispatcher.live.reporting import Reporter
from dispatcher.live.telling import letter_of
from vehicles.trip import TripWish


class Acts:
    """Carries decisions of one depot out.

    Parameters
    ----------
    depot_id
        The depot.
    outbox, orders, asking, reporter
        Its ways to the world, to vans, to the planner and to people.
    """

    def __init__(
        self,
        depot_id: str,
        outbox: Outbox,
        orders: OrderSender,
        asking: Asking,
        reporter: Reporter,
    ) -> None:
        self._depot_id = depot_id
        self._outbox, self._orders, self._asking = outbox, orders, asking
        self._reporter = reporter

    def tell(self, sequence: int, decision: Decision) -> None:
        """Put into the outbox what of an entry's decision is a message."""
        match decision:
            case Accept() | Reject() | ConfirmCancel() | Load() | Withdraw() | Publish():
                letter = letter_of(decision, depot_id=self._depot_id, sequence=sequence)
                self._outbox.put(letter)
            case SendTrip() | CancelTrip() | Solve() | Forecast() | Report() | AnswerHold():
                pass  # in the van's session, or carried out once, when it is decided
            case _:
                assert_never(decision)

    def act(self, decision: Decision, group: asyncio.TaskGroup | None) -> None:
        """Carry out what of a decision is no message; questions as tasks of a group, if any."""
        match decision:
            case Solve() | Forecast():
                if isinstance(decision, Solve):
                    self._reporter.asked(decision)
                if group is not None:
                    self._asking.ask(decision, group)
            case Report():
                self._reporter.report(decision)
            case Accept() | Reject() | ConfirmCancel() | Load() | Withdraw() | Publish():
                pass  # told
            case AnswerHold():
                pass  # told to who asked
            case SendTrip(TripWish(van_id=van_id)) | CancelTrip(van_id):
                self._orders.look(van_id)
            case _:
                assert_never(decision)
