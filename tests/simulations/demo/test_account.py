"""What the demonstration says of its day adds up."""

from simulations.demo.account import Course, result_document
from tests.simulations.test_accounting import ENDS, snapshot


def test_the_result_adds_up(tmp_path):
    course = Course(seconds=1.0, lag_world_s_max=2.0, dispatcher_starts=1, is_over=True)
    told = result_document(snapshot(ENDS, ["f"]), course, seed=7, out=tmp_path)
    parts = ("cancelled", "rejected", "delivered", "returned", "unserved")
    assert told["announced"] == sum(told[part] for part in parts) == 6
    assert {"on_time", "replans", "km", "kwh", "lag_world_s_max", "seconds"} <= set(told)
