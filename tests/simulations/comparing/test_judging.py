"""What is called significant is so, and the sentence says it with the right sign and words."""

import json

import pytest

from simulations.comparing.files import write_comparison
from simulations.comparing.judging import judge
from simulations.comparing.replicating import Lived
from simulations.comparing.telling import markdown, sentence
from simulations.metrics.table import BY_NAME, HEADLINES, METRICS

NOISE = (0.001, -0.002, 0.0, 0.002, -0.001, 0.0)
"""Of the differences from day to day."""


def days(way, *, count=6, noise=NOISE, **metrics):
    """Return days whose metrics are 1, or as told, and luck that all ways share."""
    found = []
    for number in range(count):
        luck = 0.1 * number
        own = {name: metrics.get(name, 1.0) for name in BY_NAME}
        shift = 0.0 if way == "base" else noise[number]
        found.append(Lived(way, number + 1, {key: v + luck + shift for key, v in own.items()}))
    return found


def test_the_luck_of_a_day_cancels_out():
    tournament = judge(days("base") + days("other", on_time_ratio=1.02))
    (comparison,) = tournament.comparisons
    found = {one.metric.name: one for one in comparison.judged}
    assert found["on_time_ratio"].is_significant
    assert found["on_time_ratio"].is_better
    assert found["on_time_ratio"].difference.mean == pytest.approx(0.02)
    assert not found["delivered_ratio"].is_significant
    assert found["used_kwh"].p_corrected is None, "what is no headline is judged by nobody"


def test_the_sentence_says_what_is_significant_with_its_sign_and_unit():
    worse = days(
        "late", on_time_ratio=0.95, km_per_parcel=1.25, lateness_s_p95=121.0, gco2e_per_parcel=0.8
    )
    tournament = judge(days("base") + worse)
    said = sentence(tournament.comparisons[0], tournament)
    assert said.startswith("Against base, late emits ")
    assert " % less per parcel (95 % interval " in said
    assert "but delivers 5.0 points fewer on time (95 % interval 4.9 to 5.1)" in said
    assert "comes 120 s later at the 95th percentile (95 % interval 120 to 120)" in said
    assert "and drives 20.0 % more per parcel (95 % interval 19.9 to 20.1)" in said
    assert "no significant difference in delivered and parcels per van and hour" in said
    assert said.endswith("(Holm-corrected for 6 differences, 6 paired days).")


def test_where_nothing_is_significant_nothing_is_claimed():
    tournament = judge(days("base") + days("other"))
    said = sentence(tournament.comparisons[0], tournament)
    assert said.startswith("other does not differ significantly from base in on time, delivered,")


def test_one_day_says_nothing():
    tournament = judge(days("base", count=1) + days("other", count=1, on_time_ratio=2.0))
    assert tournament.test_count == 0
    assert "one day says nothing" in sentence(tournament.comparisons[0], tournament)


def test_the_more_is_judged_the_less_is_significant():
    close = [0.004, -0.002, 0.005, 0.006, -0.001, 0.003]
    other = days("other", noise=close)
    alone = judge(days("base") + other)
    crowd = [one for number in range(6) for one in days(f"x{number}", noise=close)]
    among = judge(days("base") + other + crowd)
    assert among.test_count == 7 * len(HEADLINES)
    for one, same in zip(
        alone.comparisons[0].headlines, among.comparisons[0].headlines, strict=True
    ):
        assert one.difference == same.difference
        assert (same.p_corrected or 0) > (one.p_corrected or 0)


def test_a_metric_that_no_day_has_is_left_out():
    lived = days("base") + days("other")
    for one in lived:
        one.metrics["charger_queue_s_mean"] = None
    tournament = judge(lived)
    names = {one.metric.name for one in tournament.comparisons[0].judged}
    assert names == set(BY_NAME) - {"charger_queue_s_mean"}
    assert "| Wait for a charger, s/charge | – | – |" in markdown(tournament, "x.svg")


def test_a_difference_says_of_how_many_days_it_is():
    lived = days("base") + days("other", lateness_s_p95=121.0)
    lived[0].metrics["lateness_s_p95"] = None
    tournament = judge(lived)
    said = sentence(tournament.comparisons[0], tournament)
    assert "comes 120 s later at the 95th percentile (95 % interval 120 to 120, of 5 days)" in said
    page = markdown(tournament, "x.svg")
    assert page.count(", of 5 days") == 2, "in the sentence and in the table"


def test_the_files_hold_every_day_and_the_same_sentence(tmp_path):
    tournament = judge(days("base") + days("must <go>", on_time_ratio=1.1))
    files = {path.name: path for path in write_comparison(tournament, tmp_path / "out")}
    assert set(files) == {"comparison.json", "comparison.md", "comparison.svg", "days.csv"}
    found = json.loads(files["comparison.json"].read_text(encoding="utf-8"))
    (comparison,) = found["comparisons"]
    assert comparison["sentence"] == sentence(tournament.comparisons[0], tournament)
    assert comparison["differences"]["on_time_ratio"]["significant"]
    assert comparison["sentence"] in files["comparison.md"].read_text(encoding="utf-8")
    rows = files["days.csv"].read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 12
    assert len(rows[0].split(",")) == 2 + len(METRICS)
    picture = files["comparison.svg"].read_text(encoding="utf-8")
    assert picture.count("<circle") == len(HEADLINES)
    assert "must &lt;go&gt;" in picture
