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
    node_states, edge_states
        Nodes and edges ahead, as the state message says them: kept, because it says them each time.
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
        self.node_states: tuple[NodeState, ...] = ()
        self.edge_states: tuple[EdgeState, ...] = ()
        self._open: dict[str, None] = {}  # actions that have not ended
        self._open_here: list[Action] = []  # those at the present node, in their order

    @property
    def is_busy(self) -> bool:
        """Return whether there are nodes to reach, released or not, or actions to end."""
        return bool(self.nodes or self._open)

    @property
    def base_runs_out(self) -> bool:
        """Return whether a horizon waits while at most one released node is left."""
        if not self.nodes or self.nodes[-1].released:
            return False
        return len(self.nodes) < 2 or not self.nodes[1].released

    def next_action(self) -> Action | None:
        """Return the first action at the present node that has not ended."""
        return self._open_here[0] if self._open_here else None

    def next_edge(self) -> Edge | None:
        """Return the released edge that leads on, once all actions here have ended."""
        if not self.edges or not self.edges[0].released or self.next_action() is not None:
            return None
        return self.edges[0]

    def take(self, order: Order) -> None:
        """Begin a new order; the vehicle counts as standing on its first node."""
        self.order_id = order.order_id
        self.actions, self._open = {}, {}
        self.nodes, self.edges = list(order.nodes), list(order.edges)
        self._await_actions(order.nodes)
        self._accepted(order)
        self.pass_node()

    def extend(self, order: Order) -> None:
        """Replace the horizon by what an update says after the last node of the base."""
        released = [node for node in self.nodes if node.released]
        dropped: dict[str, ActionState] = {}
        for node in self.nodes[len(released) :]:
            for action in node.actions:
                state = self.actions.pop(action.action_id, None)
                if state is not None:
                    dropped[action.action_id] = state
                    self._open.pop(action.action_id, None)
        stitch = self._stitched(order.nodes[0])
        if released:
            released[-1] = stitch
        else:
            self.here = stitch
        self.nodes = [*released, *order.nodes[1:]]
        self.edges = [*self.edges[: len(released)], *order.edges]
        self._await_actions((stitch, *order.nodes[1:]), dropped)
        self._look_here()
        self._accepted(order)

    def arrive(self) -> Node:
        """Leave the edge that leads to the next node, and reach that node."""
        self.edges.pop(0)
        self.edge_states = self.edge_states[1:]
        return self.pass_node()

    def pass_node(self) -> Node:
        """Reach the next node."""
        node = self.nodes.pop(0)
        self.node_states = self.node_states[1:]
        self.here = node
        self.last_node = (node.node_id, node.sequence_id)
        self._look_here()
        return node

    def cancel(self) -> None:
        """Drop all that is ahead; whatever waits or runs has failed."""
        self.nodes, self.edges = [], []
        self.node_states, self.edge_states = (), ()
        self.here, self.base_end = None, None
        for action_id in tuple(self._open):
            self.set_action(action_id, ActionStatus.FAILED, "the order was cancelled")

    def set_action(self, action_id: str, status: ActionStatus, detail: str = "") -> None:
        """Note how far an action is."""
        self.actions[action_id] = self.actions[action_id].changed(
            action_status=status, result_description=detail or None
        )
        if status.is_final:
            self._open.pop(action_id, None)
            here = self._open_here
            if here and here[0].action_id == action_id:  # as a rule: they end in their order
                del here[0]
            else:
                self._look_here()

    def _look_here(self) -> None:
        """Find what is still to be done at the present node."""
        here = () if self.here is None else self.here.actions
        self._open_here = [action for action in here if action.action_id in self._open]

    def _stitched(self, first: Node) -> Node:
        """Return the last node of the base, with actions that the update adds to it."""
        released = [node for node in self.nodes if node.released]
        last = released[-1] if released else self.here
        if last is None:  # refused before: a cancelled order has no base end
            return first
        known = {action.action_id for action in last.actions}
        added = tuple(action for action in first.actions if action.action_id not in known)
        return last.changed(actions=(*last.actions, *added)) if added else last

    def _await_actions(
        self, nodes: tuple[Node, ...], dropped: dict[str, ActionState] | None = None
    ) -> None:
        """Let the actions of nodes be done; those that were only put off wait as they did."""
        for node in nodes:
            for action in node.actions:
                action_id = action.action_id
                if action_id not in self.actions:
                    waiting = (dropped or {}).get(action_id) or ActionState(
                        action_id=action_id,
                        action_type=action.action_type,
                        action_status=ActionStatus.WAITING,
                    )
                    self.actions[action_id] = waiting
                    self._open[action_id] = None

    def _accepted(self, order: Order) -> None:
        self.order_update_id = order.order_update_id
        last = [node for node in order.nodes if node.released][-1]
        self.base_end = (last.node_id, last.sequence_id)
        known_nodes = {state.sequence_id: state for state in self.node_states}
        self.node_states = tuple(
            _node_state(node, known_nodes.get(node.sequence_id)) for node in self.nodes
        )
        known_edges = {state.sequence_id: state for state in self.edge_states}
        self.edge_states = tuple(
            _edge_state(edge, known_edges.get(edge.sequence_id)) for edge in self.edges
        )


def _node_state(node: Node, known: NodeState | None) -> NodeState:
    """Return what the state says of a node; what it said before, if that is still so."""
    if known is not None and (known.node_id, known.released) == (node.node_id, node.released):
        return known
    return NodeState(node_id=node.node_id, sequence_id=node.sequence_id, released=node.released)


def _edge_state(edge: Edge, known: EdgeState | None) -> EdgeState:
    """Return what the state says of an edge; what it said before, if that is still so."""
    if known is not None and (known.edge_id, known.released) == (edge.edge_id, edge.released):
        return known
    return EdgeState(edge_id=edge.edge_id, sequence_id=edge.sequence_id, released=edge.released)
