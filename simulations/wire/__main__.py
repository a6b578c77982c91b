"""Run one part of a simulated day: ``python -m simulations.wire vans SCENARIO REPORT``.

It works until its standard input closes or SIGTERM comes; then it writes its report.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from dispatcher.live.logs import configure_logs
from maps.errors import RobovanError
from simulations.scenario import read_scenario
from simulations.wire.process import run_until_told
from simulations.wire.vans import run_vans
from simulations.wire.warehouse import run_warehouse

PARTS: Final = {"vans": run_vans, "warehouse": run_warehouse}
USAGE: Final = "usage: python -m simulations.wire {vans|warehouse} SCENARIO REPORT\n"


def main(arguments: list[str]) -> int:
    """Run a part and return its exit code: 0 done, 1 expected failure, 2 wrong usage."""
    if len(arguments) != 3 or arguments[0] not in PARTS:
        sys.stderr.write(USAGE)
        return 2
    part, scenario_path, report = PARTS[arguments[0]], Path(arguments[1]), Path(arguments[2])
    configure_logs(as_json=False)
    exit_code = 0
    try:
        scenario = read_scenario(scenario_path)
        asyncio.run(run_until_told(lambda stop: part(scenario, report, stop)))
    except* RobovanError as group:
        for error in group.exceptions:
            sys.stderr.write(f"{error}\n")
        exit_code = 1
    return exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
