"""100,000 poison messages to a real ``robovan serve`` on mosquitto, beside good traffic.

By default the broker lets everybody say everything, so that the dispatcher stands alone. With
``--broker fleet`` it has the configuration that ``robovan broker config`` writes, as in service.

Example: ``uv run python -m benchmarks.poison --messages 100000 --per-second 1000``
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.poison.broker import free_port, mosquitto
from benchmarks.poison.run import Plan, run, write_fleet


def main() -> int:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description="Poison beside good traffic.")
    parser.add_argument("--messages", type=int, default=Plan().poison)
    parser.add_argument("--per-second", type=float, default=Plan().poison_per_s)
    parser.add_argument("--vans", type=int, default=Plan().vans)
    parser.add_argument("--quiet-s", type=float, default=Plan().quiet_s)
    parser.add_argument("--broker", choices=("open", "fleet"), default="open")
    given = parser.parse_args()
    plan = Plan(given.vans, given.messages, given.per_second, given.quiet_s)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = write_fleet(plan, folder)
        with mosquitto(folder, None if given.broker == "open" else fleet) as access:
            figures = asyncio.run(run(plan, access, free_port(), folder))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
