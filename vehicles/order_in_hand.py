"""The order that a vehicle is carrying out: what is still to be reached and done.

Keeps the chain of nodes and edges still ahead, the node it stands on and how far each action is.
Whether an order is taken at all is decided in ``vehicles.obeying``; driving and acting is the
caller's.
"""

from vehicles.vda5050.order import Action, Edge, Node, Order
from vehicles.vda5050.state import ActionState, ActionStatus, EdgeState, NodeState


class OrderInHand:
    """The vehicle's order: a base that never changes and a horizon that an update replaces.

    Attributes
    ----------
    order_id, order_update_id
        "" and 0 before the first order; kept when an order is done or cancelled.
    here
        The node reached last in this order, None before the first order and after a cancel.
    last_node
        nodeId and sequenceId of the node reached last, kept across a cancel; ("", 0) at first.
    base_end
        nodeId and sequenceId of the last released node, None once the order was cancelled.
    nodes, edges
        Still ahead, in order: ``edges[k]`` leads to ``nodes[k]``.
    actions
        How far each action of the order is, in the order's sequence.
    """

    def __init__(self) -> None:
        self.order_id = ""
        self.order_update_id = 0
        self.here: Node | None = None
        self.last_node = ("", 0)
        self.base_end: tuple[str, int] | None = None
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.actions: dict[str, ActionState] = {}

    @property
    def is_busy(self) -> bool:
        """Return whether there are nodes to reach, released or not, or actions to end."""
        return bool(self.nodes) or any(
            not action.action_status.is_final for action in self.actions.values()
        )

    @property
    def node_states(self) -> tuple[NodeState, ...]:
        """Return the nodes ahead, as the state message says them."""
        return tuple(
            NodeState(node_id=node.node_id, sequence_id=node.sequence_id, released=node.released)
            for node in self.nodes
        )

    @property
    def edge_states(self) -> tuple[EdgeState, ...]:
        """Return the edges ahead, as the state message says them."""
        return tuple(
            EdgeState(edge_id=edge.edge_id, sequence_id=edge.sequence_id, released=edge.released)
            for edge in self.edges
        )

    @property
    def base_runs_out(self) -> bool:
        """Return whether a horizon waits while at most one released node is left."""
        if not self.nodes or self.nodes[-1].released:
            return False
        return sum(node.released for node in self.nodes) <= 1

    def next_action(self) -> Action | None:
        """Return the first action at the present node that has not ended."""
        for action in self.here.actions if self.here else ():
            if not self.actions[action.action_id].action_status.is_final:
                return action
        return None

    def next_edge(self) -> Edge | None:
        """Return the released edge that leads on, once all actions here have ended."""
        if not self.edges or not self.edges[0].released or self.next_action() is not None:
            return None
        return self.edges[0]

    def take(self, order: Order) -> None:
        """Begin a new order; the vehicle counts as standing on its first node."""
        self.order_id = order.order_id
        self.actions = {}
        self.nodes, self.edges = list(order.nodes), list(order.edges)
        self._await_actions(order.nodes)
        self._accepted(order)
        self.pass_node()

    def extend(self, order: Order) -> None:
        """Replace the horizon by what an update says after the last node of the base."""
        released = [node for node in self.nodes if node.released]
        dropped = self.nodes[len(released) :]
        for node in dropped:
            for action in node.actions:
                self.actions.pop(action.action_id, None)
        stitch = self._stitched(order.nodes[0])
        if released:
            released[-1] = stitch
        else:
            self.here = stitch
        self.nodes = [*released, *order.nodes[1:]]
        self.edges = [*self.edges[: len(released)], *order.edges]
        self._await_actions((stitch, *order.nodes[1:]))
        self._accepted(order)

    def pass_node(self) -> Node:
        """Reach the next node."""
        node = self.nodes.pop(0)
        self.here = node
        self.last_node = (node.node_id, node.sequence_id)
        return node

    def cancel(self) -> None:
        """Drop all that is ahead; whatever waits or runs has failed."""
        self.nodes, self.edges = [], []
        self.here, self.base_end = None, None
        for action_id, state in self.actions.items():
            if not state.action_status.is_final:
                self.set_action(action_id, ActionStatus.FAILED, "the order was cancelled")

    def set_action(self, action_id: str, status: ActionStatus, detail: str = "") -> None:
        """Note how far an action is."""
        self.actions[action_id] = self.actions[action_id].model_copy(
            update={"action_status": status, "result_description": detail or None}
        )

    def _stitched(self, first: Node) -> Node:
        """Return the last node of the base, with actions that the update adds to it."""
        released = [node for node in self.nodes if node.released]
        last = released[-1] if released else self.here
        if last is None:  # refused before: a cancelled order has no base end
            return first
        known = {action.action_id for action in last.actions}
        added = tuple(action for action in first.actions if action.action_id not in known)
        return last.model_copy(update={"actions": (*last.actions, *added)})

    def _await_actions(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            for action in node.actions:
                self.actions.setdefault(
                    action.action_id,
                    ActionState(
                        action_id=action.action_id,
                        action_type=action.action_type,
                        action_status=ActionStatus.WAITING,
                    ),
                )

    def _accepted(self, order: Order) -> None:
        self.order_update_id = order.order_update_id
        last = [node for node in order.nodes if node.released][-1]
        self.base_end = (last.node_id, last.sequence_id)
