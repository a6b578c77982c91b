"""The exit code of ``robovan serve`` says whether a depot ended before the others."""

import json

import pytest

from dispatcher import config
from dispatcher.cli import main
from dispatcher.live import service
from dispatcher.live.status import DepotSummary


@pytest.mark.parametrize(("fault", "code"), [(None, 0), ("InvariantBroken", 3)])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_depot_that_ended_before_the_others_makes_it_exit_with_3(
    monkeypatch, capsys, fault, code, options
):
    well = DepotSummary("dep-1", 7, 1, lag_s_max=0.5, lag_s_p99=0.1)
    other = DepotSummary("dep-2", 5, 1, lag_s_max=0.5, lag_s_p99=0.1, fault=fault)
    monkeypatch.setattr(config, "load_config", lambda path: path)
    monkeypatch.setattr(service, "run_service", lambda _: (well, other))
    assert main(["serve", "serve.toml", *options]) == code
    said = capsys.readouterr().out
    if options:
        assert [one["fault"] for one in json.loads(said)["depots"]] == [None, fault]
    else:
        assert "dep-2: 5 events handled" in said
        assert ("; ended before, by" in said) is bool(fault)
