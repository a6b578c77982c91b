"""Write the exact versions of uv.lock into pyproject.toml, as constraints that name no address.

``uv.lock`` says where each file is downloaded from, which differs from place to place, so it is not
committed. The versions in it are: they stand as ``[tool.uv] constraint-dependencies`` at the end of
``pyproject.toml``, and any later resolution, on any machine, arrives at the same ones.

Usage: ``.ci/pins.py`` takes the versions of the present uv.lock, ``--upgrade`` first resolves the
newest ones allowed, ``--check`` changes nothing and fails if uv.lock and the block differ.
"""

import argparse
import subprocess
import sys
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
OPENING = "# Exact versions, written by `make pins`: edit nothing below this line.\n"
EXPORT = ["uv", "export", "--frozen", "--quiet", "--all-groups", "--no-emit-project"]
EXPORT += ["--no-hashes", "--no-annotate", "--no-header"]  # one bare requirement a line


def without_block(text: str) -> str:
    """Return the text of pyproject.toml up to the block of pins."""
    return text.partition(OPENING)[0].rstrip() + "\n"


def locked_requirements() -> list[str]:
    """Return one ``name==version`` with its marker, if any, for each package of uv.lock."""
    done = subprocess.run(EXPORT, cwd=PYPROJECT.parent, check=True, capture_output=True, text=True)
    lines = [line.strip() for line in done.stdout.splitlines()]
    pins = [line for line in lines if line and not line.startswith(("#", "-"))]
    strange = [pin for pin in pins if "==" not in pin or "://" in pin]
    if strange:
        raise SystemExit(f"uv.lock holds packages that no version names: {', '.join(strange)}")
    return sorted(pins)


def block(pins: list[str]) -> str:
    """Return the block of TOML that holds the pins."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    return f"{OPENING}[tool.uv]\nconstraint-dependencies = [\n{lines}]\n"


def main() -> int:
    """Write or check the block; return 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--upgrade", action="store_true", help="resolve the newest versions first")
    choice.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    asked = parser.parse_args()

    before = PYPROJECT.read_text(encoding="utf-8")
    if asked.upgrade:
        PYPROJECT.write_text(without_block(before), encoding="utf-8")
        try:
            subprocess.run(["uv", "lock", "--upgrade"], cwd=PYPROJECT.parent, check=True)
        except subprocess.CalledProcessError:
            PYPROJECT.write_text(before, encoding="utf-8")
            raise
    pins = locked_requirements()
    after = without_block(before) + "\n" + block(pins)
    if asked.check:
        if after != before:
            print("The pins in pyproject.toml are not those of uv.lock: run `make pins`.")
        return int(after != before)
    PYPROJECT.write_text(after, encoding="utf-8")
    print(f"{len(pins)} versions pinned in {PYPROJECT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
