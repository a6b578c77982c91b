"""Which of a van's errors refuse what it was told, and what they are about.

Decides by the error types of the standard and by what an error refers to. What follows from a
refusal is ``dialogue``'s and the core's.
"""

from typing import Final

from vehicles.dialogue import Cancel, SentOrder
from vehicles.plugging import Unplug
from vehicles.vda5050.state import Error
from vehicles.vda5050.topics import TopicKind

REFUSALS: Final = frozenset(
    {
        "validationError",
        "orderError",
        "orderUpdateError",
        "noRouteError",
        "VALIDATION_FAILURE",
        "UNSUPPORTED_PARAMETER",
        "INVALID_ORDER_ACTION",
        "OUTDATED_ORDER_UPDATE",
        "SAME_ORDER_UPDATE_ID",
        "ORDER_UPDATE_FOLLOWING_CANCEL",
        "OTHER_ORDER_ACTIVE",
        "START_NODE_OUT_OF_RANGE",
        "NO_ROUTE_TO_TARGET",
        "MOBILE_ROBOT_NOT_AVAILABLE",
        "UNKNOWN_MAP_ID",
        "INSUFFICIENT_MEMORY",
    }
)
"""Error types with which a vehicle does not take an order, of 2.x (section 6.6.4 of 2.1) and of 3.0
(section 6.1.4)."""

NO_CANCEL: Final = frozenset(
    {
        "noOrderToCancel",
        "instantActionError",
        "INVALID_INSTANT_ACTION",
        "validationError",
        "VALIDATION_FAILURE",
        "UNSUPPORTED_PARAMETER",
    }
)
"""Error types with which a vehicle answers a cancel that it does not carry out: there is nothing to
cancel (2.1, section 6.6.3.2), or it cannot be read or done."""

NOT_STUCK: Final = REFUSALS | NO_CANCEL
"""None of them says that the vehicle cannot drive, whatever their level."""


def refuses(error: Error, sent: SentOrder) -> bool:
    """Return whether an error is about the order in flight.

    One that could not even be read may be known to the van by its header alone.
    """
    if error.error_type not in REFUSALS:
        return False
    order_id, update_id = error.reference("orderId"), error.reference("orderUpdateId")
    header_id = error.reference("headerId")
    if order_id is None:
        is_order = error.reference("topic") in (None, TopicKind.ORDER.value)
        return is_order and header_id == str(sent.header_id)
    if update_id is None:  # it may be about an earlier update
        return order_id == sent.trip_id and header_id in (None, str(sent.header_id))
    return order_id == sent.trip_id and update_id == str(sent.update_id)


def refuses_cancel(error: Error, cancel: Cancel | Unplug) -> bool:
    """Return whether an error answers a cancel, or that charging is to stop.

    One that was not read is known by its header.
    """
    if error.error_type not in NO_CANCEL:
        return False
    about = error.reference("actionId")
    if about is not None:
        return about == cancel.action_id
    is_instant = error.reference("topic") == TopicKind.INSTANT_ACTIONS.value
    return is_instant and error.reference("headerId") == str(cancel.header_id)
