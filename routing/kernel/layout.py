"""How a problem and a plan in the making lie in memory: columns of whole-number arrays.

Nodes are the jobs (0 to n - 1), then the start of each vehicle (n + v), then its end
(n + vehicles + v), then its reloads (as many as it may make, vehicle by vehicle). A route is a
chain of nodes from its start to its end, past the reloads that it makes; the others are on no
route. Everything about one node stands in one row, which is one line of the processor's cache.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import I1_2, I4_2, I4_3, I8, I8_2, I8_3, I8_4, U8, record

# Columns of ``Plan.node``.
NEXT: Final = 0
BEFORE: Final = 1
ROUTE: Final = 2
"""The vehicle whose route it is on, or -1 for an absent job."""
PLACE: Final = 3
ARC: Final = 4
"""Cost of the leg that leads here."""
LEAVES: Final = 5
"""The earliest departure; at ends, the earliest arrival."""
LATEST: Final = 6
"""The latest arrival from which the rest of the route is in time."""
MARK: Final = 7
"""The iteration in which the row was last written."""
NODE_COLUMNS: Final = 8

# Columns of ``Plan.route``: vehicles, with what their first trips carry, then reloads.
COUNT: Final = 0
"""How many jobs are on it."""
ROUTE_MARK: Final = 1
ROUTE_COST: Final = 2
"""What driving it costs, where labels are kept."""
LOADING: Final = 2
"""In rows of reloads: how long the goods' mass takes to load."""
LOAD: Final = 3
"""First of as many columns as there are dimensions: what is aboard as the trip begins."""

# Columns of ``Question.job``.
JOB_PLACE: Final = 0
SERVICE: Final = 1
OPENS: Final = 2
CLOSES: Final = 3
"""First window's begin and last window's end."""
WINDOW: Final = 4
WINDOW_END: Final = 5
"""Rows of ``Question.window``, where there are several; else both 0."""
PRICE: Final = 6
NEAR_ENDS: Final = 7
"""Whether some vehicle's start or end is as near as the jobs in ``near``."""
JOB_COLUMNS: Final = 8

# Columns of ``Question.vehicle``.
CLASS: Final = 0
TARIFF: Final = 1
PROFILE: Final = 2
STARTS: Final = 3
ENDS: Final = 4
FIXED: Final = 5
START_PLACE: Final = 6
END_PLACE: Final = 7
MASS: Final = 8
BATTERY: Final = 9
BATTERY_MAX: Final = 10
AUXILIARY: Final = 11
PER_M: Final = 12
PER_S: Final = 13
PER_MWH: Final = 14
"""Prices, in scaled cost."""
RELOAD: Final = 15
RELOAD_END: Final = 16
"""Its reloads' nodes; equal where it makes one trip only."""
LOADED: Final = 17
"""Whether its first trip is for jobs aboard alone."""
CARRIES: Final = 18
"""Whether other goods are aboard at its start."""
ABOARD: Final = 19
"""First of as many columns as there are dimensions: these goods."""

# Columns of ``Question.promise``.
BOUND: Final = 0
"""The vehicle that has the goods aboard, or -1."""
FROZEN: Final = 1
"""Whether the job is frozen."""
THEN: Final = 2
"""Of starts and frozen jobs: the frozen job that comes next, or -1."""
SEQUENCE: Final = 3
SEQUENCE_RANK: Final = 4
"""The vehicle that has it in its sequence, or -1, and where."""
STOOD: Final = 5
STOOD_RANK: Final = 6
"""The vehicle that serves it in the plan in force, or -1, and where."""
LATE_PRICE: Final = 7
"""Price of each second after ``DUE``, in scaled cost."""
DUE: Final = 8
LOADING_RATE: Final = 9
DEPOT: Final = 10
"""Of reloads: grams a second, or 0, and which depot."""
PROMISE_COLUMNS: Final = 11

# Columns of ``Question.station``.
STATION_PLACE: Final = 0
STATION_WINDOW: Final = 1
STATION_WINDOW_END: Final = 2
"""Rows of ``Question.window``; equal where it is always open."""
STATION_FULL: Final = 3
"""Whether every charge runs until the battery is full."""
STATION_SWAP: Final = 4
"""How long changing the battery takes, or -1 where vehicles charge."""
STATION_COLUMNS: Final = 5

# Last index of ``Question.leg``.
LEG_S: Final = 0
LEG_M: Final = 1
LEG_A: Final = 2
LEG_B: Final = 3
LEG_COLUMNS: Final = 4

# Last index of ``Draft.label``.
TIME: Final = 0
CHARGE: Final = 1
"""On departure; at ends, on arrival."""
VALUE: Final = 2
"""Cost since the start, with time and energy."""
TOLL: Final = 3
"""Cost of the way, of being late and of changes to the plan in force."""
USED: Final = 4
"""Energy since the start."""
WAITED: Final = 5
DELAY: Final = 6
"""Waiting so far, and how much later the start could be without missing a window."""
LIFTED: Final = 7
LIFTED_ALL: Final = 8
"""Sums of energy by mass: since the last charge in this trip, and since the trip's begin."""
PARENT: Final = 9
"""Which label of the node before it came from."""
STATION: Final = 10
TARGET: Final = 11
"""Where it charged last on the way, or -1, and up to what."""
FORMER: Final = 12
FORMER_TARGET: Final = 13
"""The same of a charge before that one."""
LABEL_COLUMNS: Final = 14

# Columns of ``Draft.rest``.
REST: Final = 0
"""Energy from the arrival to the end without charging."""
SUFFIX: Final = 1
"""Cost of the legs from here to the end."""
GOODS: Final = 2
"""Mass of the goods aboard on departure."""
REST_MARK: Final = 3
LABELS: Final = 4
"""How many labels there are."""
EARLIEST: Final = 5
CHEAPEST: Final = 6
"""The first of the labels' times, and the least of their values."""
TAILS: Final = 7
"""How many tails there are."""
TAIL_LEAST: Final = 8
"""The least of their values."""
FRESH: Final = 9
TAILED: Final = 10
"""Whether labels and tails hold; if not, the least values are guesses."""
LABEL_MARK: Final = 11
TAIL_MARK: Final = 12
"""The iterations in which labels and tails were last copied, to be written back."""
REST_COLUMNS: Final = 13

LABELS_MAX: Final = 8
"""Ways of driving to one node that are kept (measured).

With 5, the one that has charged early is lost on long routes: a job taken out then finds no way
back to where it was, and the search stays where it is.
"""

# Last index of ``Draft.tail``: from the departure at a node on.
TAIL_NEED: Final = 0
"""Energy up to the first charge, or to the end where there is none."""
TAIL_LATE: Final = 1
"""The latest departure."""
TAIL_TAKES: Final = 2
TAIL_OPENS: Final = 3
"""Seconds up to the first charge without waiting, and before when it does not begin anyway."""
TAIL_STATION: Final = 4
TAIL_TARGET: Final = 5
"""Where the first charge is, or -1, and up to what."""
TAIL_GATE: Final = 6
"""The latest end of this charge."""
TAIL_AFTER: Final = 7
TAIL_ENDS: Final = 8
"""Seconds from there to the end without waiting, and before when it does not end anyway."""
TAIL_TOLL: Final = 9
"""Cost of the way."""
TAIL_USED: Final = 10
"""Energy from the first charge on."""
TAIL_VALUE: Final = 11
"""The least cost, with time and energy."""
TAIL_HIGH: Final = 12
TAIL_LOW: Final = 13
"""The latest departure with a full battery, and with just enough in it."""
TAIL_COLUMNS: Final = 14

TAILS_MAX: Final = 5
"""Ways of driving from one node to the end that are kept (assumed)."""

STATIONS_MAX: Final = 4
"""Stations tried on one leg; fewer lose good plans (measured)."""

# Entries of ``Question.size``.
JOBS: Final = 0
VEHICLES: Final = 1
CLASSES: Final = 2
DIMENSIONS: Final = 3
TIMED: Final = 4
"""Whether windows or shifts can bind."""
ONE_TARIFF: Final = 5
"""Whether all vehicles have the first tariff and profile."""
REMOVED: Final = 6
"""Jobs removed in one iteration, on the mean."""
STRING_MAX: Final = 7
ONE_CLASS: Final = 8
"""Whether all vehicles are alike and may serve every job."""
RICH: Final = 9
"""Whether labels are kept: batteries, or prices of time or energy."""
HEAVY: Final = 10
"""Whether energy depends on the goods aboard."""
STATIONS: Final = 11
JOINED: Final = 12
"""Whether labels may be joined to tails: no job and no station has several windows."""
LASTING: Final = 13
"""Whether labels do not depend on what is behind them: every charge is full, goods weigh nought."""
NODES: Final = 14
RELOADS: Final = 15
"""How many nodes there are, and how many of them are reloads."""
PROMISED: Final = 16
"""Whether trips, frozen jobs, sequences or the plan in force restrict or price positions."""
FREEZES: Final = 17
"""Whether any job is frozen."""
LATE: Final = 18
"""Whether any job may be late."""
MOVE: Final = 19
REORDER: Final = 20
"""Prices on changing the plan in force, in scaled cost."""
BLINK_MEAN: Final = 21
"""Positions found until one is overlooked, on the mean."""
SIZES: Final = 22

# Ways of putting a job in behind a node; a spot is the node + NODES * way.
JOIN: Final = 0
OPEN: Final = 1
"""With a reload before it, as the first of a new last part."""
SPLIT: Final = 2
"""With a reload behind it: the first trip becomes the second."""

# Entries of ``Plan.number``.
STAMP: Final = 0
UNDO_NODES: Final = 1
UNDO_ROUTES: Final = 2
ABSENT: Final = 3
COST: Final = 4
"""Of the plan as it stands, absent jobs included."""
BEST_COST: Final = 5
BLINK: Final = 6
"""Positions until the next one that is overlooked."""
QUEUE: Final = 7
ROUTES: Final = 8
TRIED: Final = 9
"""Whether the absent jobs have been tried in all routes, since a route was emptied."""
ABSENCES: Final = 11
"""Sum of ``Plan.absences`` over the absent jobs as the iteration began; 0 if none eliminates."""
ROUTES_MAX: Final = 12
"""No more routes than these are opened."""
UNDO_LABELS: Final = 13
FOCUSED: Final = 14
"""How many jobs there are in ``Draft.focus``."""
NUMBERS: Final = 15

ORDERS: Final = 7
"""Ways of sorting jobs before they are put back: by chance, and by each row of ``rank``."""
FARTHEST_FIRST: Final = 2
"""The way that begins with the job farthest from its depot."""

FAR: Final = 1 << 50
"""Cost and duration of a leg where there is no road: above all others, even when some are added."""


NO_LEG: Final = -16 * FAR
"""Cost of the legs at an absent job: so little that nothing is ever put beside it."""


class Question(NamedTuple):
    """A problem as kernels see it; see the columns above.

    ``job`` has rows for all nodes where there are reloads: these have windows and service as jobs
    have. ``promise`` has a row for each node where ``size[PROMISED]`` or ``size[LATE]``.
    ``demand`` is (jobs, dimensions), ``capacity`` (vehicles, dimensions), ``allowed`` (jobs,
    classes) of 0 and 1, ``class_start`` (classes + 1,), ``cost`` and ``cost_to`` (tariffs, places,
    places), row = from, and its transpose; ``time`` and ``time_to`` the same by profile. ``near``
    and ``around`` are the nearest jobs of each job, for putting back and for taking out, and
    ``near_cost`` (jobs, near) what the way to or from each near one costs, the cheaper of both, and
    ``end_cost`` (jobs,) what that to the nearest start or end does.
    ``rank`` (ORDERS - 1, jobs) sorts jobs, ``chance`` (ORDERS,) holds running sums. For labels:
    ``leg`` (profiles, places, places, LEG_COLUMNS), ``station`` and ``beside`` (places, places,
    STATIONS_MAX), the best stations of a leg, or -1; ``bend`` (classes, segments), where charging
    slows down in mWh, and ``power`` (classes, stations, segments) in watts.
    """

    size: NDArray[np.int64]
    job: NDArray[np.int64]
    window: NDArray[np.int64]
    demand: NDArray[np.int64]
    capacity: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    allowed: NDArray[np.int8]
    class_start: NDArray[np.int64]
    cost: NDArray[np.int64]
    cost_to: NDArray[np.int64]
    time: NDArray[np.int64]
    time_to: NDArray[np.int64]
    near: NDArray[np.int32]
    near_cost: NDArray[np.int64]
    around: NDArray[np.int32]
    rank: NDArray[np.int64]
    chance: NDArray[np.int64]
    leg: NDArray[np.int64]
    station: NDArray[np.int64]
    beside: NDArray[np.int32]
    bend: NDArray[np.int64]
    power: NDArray[np.int64]
    promise: NDArray[np.int64]
    end_cost: NDArray[np.int64]


class Draft(NamedTuple):
    """A plan in the making, the best one so far, and what undoes the iteration that runs.

    ``order`` holds the vehicles by class, those in use first; ``used`` how many these are, and
    ``position`` where each vehicle stands. ``absent`` lists the absent jobs, ``absent_at`` where
    each stands there, or -1; ``before`` is the list as the iteration began. ``best`` is the next
    node of each node in the best plan, or -1 for an absent job. ``absences`` counts how often
    each job was absent. ``label`` (nodes + 3, LABELS_MAX, LABEL_COLUMNS) holds the labels of each
    node, the last three blocks are room to work in; ``rest`` (nodes + 3, REST_COLUMNS) what else is
    known of nodes on routes with labels; ``tail`` (nodes + 3, TAILS_MAX + 1, TAIL_COLUMNS) the
    ways from each node to the end, the last row being room to work in. ``candidate`` (3 * jobs +
    6 * vehicles + 3 * reloads + 1, 2) are spots and what they cost at least. ``legs`` (2 * nodes,)
    repeats what the legs into and out of each node cost, so that one look at a small array rules
    out most positions: with ``FAR`` added at a job whose leg leads from a start or to an end;
    ``NO_LEG`` at absent jobs. ``focus`` (2 * jobs,) are the jobs around which others are taken out;
    one may stand there several times.
    """

    node: NDArray[np.int64]
    route: NDArray[np.int64]
    order: NDArray[np.int64]
    position: NDArray[np.int64]
    used: NDArray[np.int64]
    absent: NDArray[np.int64]
    absent_at: NDArray[np.int64]
    before: NDArray[np.int64]
    undo_node: NDArray[np.int64]
    undo_route: NDArray[np.int64]
    queue: NDArray[np.int64]
    key: NDArray[np.int64]
    best: NDArray[np.int64]
    absences: NDArray[np.int64]
    number: NDArray[np.int64]
    random: NDArray[np.uint64]
    label: NDArray[np.int64]
    rest: NDArray[np.int64]
    undo_label: NDArray[np.int64]
    undo_rest: NDArray[np.int64]
    candidate: NDArray[np.int64]
    tail: NDArray[np.int64]
    undo_tail: NDArray[np.int64]
    legs: NDArray[np.int64]
    focus: NDArray[np.int64]


QUESTION: Final = record(
    Question,
    *(I8, I8_2, I8_2, I8_2, I8_2, I8_2, I1_2, I8),
    *(I8_3, I8_3, I8_3, I8_3, I4_2, I8_2, I4_2, I8_2, I8),
    *(I8_4, I8_2, I4_3, I8_2, I8_3, I8_2, I8),
    written=False,
)
DRAFT: Final = record(
    Draft,
    *(I8_2, I8_2, I8, I8, I8, I8, I8, I8),
    *(I8_2, I8_2, I8, I8, I8, I8, I8, U8),
    *(I8_3, I8_2, I8_3, I8_2, I8_2),
    *(I8_3, I8_3, I8, I8),
    written=True,
)
