"""What becomes of each decision: a message, a question, a van's order, or a line in the log.

Decides which is which. What a message says is ``telling``'s, what a van must hear its session's.
"""

import asyncio
import logging
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
from dispatcher.live.telling import letter_of
from vehicles.trip import TripWish

logger = logging.getLogger(__name__)


class Acts:
    """Carries decisions of one depot out.

    Parameters
    ----------
    depot_id
        The depot.
    outbox, orders, asking
        Its ways to the world, to vans and to the planner.
    """

    def __init__(self, depot_id: str, outbox: Outbox, orders: OrderSender, asking: Asking) -> None:
        self._depot_id = depot_id
        self._outbox, self._orders, self._asking = outbox, orders, asking

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
                if group is not None:
                    self._asking.ask(decision, group)
            case Report(name, subject_id, detail):
                extra = {"depot_id": self._depot_id, "name_of": name, "subject_id": subject_id}
                logger.info("report", extra={**extra, "detail": detail})
            case Accept() | Reject() | ConfirmCancel() | Load() | Withdraw() | Publish():
                pass  # told
            case AnswerHold():
                pass  # told to who asked
            case SendTrip(TripWish(van_id=van_id)) | CancelTrip(van_id):
                self._orders.look(van_id)
            case _:
                assert_never(decision)
