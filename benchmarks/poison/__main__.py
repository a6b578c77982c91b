"""100,000 poison messages to a real ``robovan serve`` on mosquitto, beside good traffic.

The broker lets everybody say everything, so that the dispatcher stands alone.

Example: ``uv run python -m benchmarks.poison --messages 100000 --per-second 1000``
"""

import argparse
import asyncio
import getpass
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.poison.run import Plan, run


def main() -> int:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description="Poison beside good traffic.")
    parser.add_argument("--messages", type=int, default=Plan().poison)
    parser.add_argument("--per-second", type=float, default=Plan().poison_per_s)
    parser.add_argument("--vans", type=int, default=Plan().vans)
    parser.add_argument("--quiet-s", type=float, default=Plan().quiet_s)
    given = parser.parse_args()
    program = shutil.which(
        "mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin"
    )
    if program is None:
        sys.stderr.write("mosquitto is not installed\n")
        return 1
    plan = Plan(given.vans, given.messages, given.per_second, given.quiet_s)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        (folder / "mosquitto.conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
            "max_queued_messages 0\nset_tcp_nodelay true\n"
        )
        broker = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")])
        time.sleep(1.0)
        try:
            figures = asyncio.run(run(plan, "127.0.0.1", port, _free_port(), folder))
        finally:
            broker.kill()
            broker.wait()
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
