"""Write a generated city as an OpenStreetMap extract.

Example: ``uv run python -m benchmarks.generated_city --segments 300000 --seed 1 -o city.osm.pbf``
"""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.generated_city.city import draw_city
from benchmarks.generated_city.extract import write_extract
from benchmarks.generated_city.picture import write_picture


def main() -> int:
    """Draw, write, and say what was written."""
    parser = argparse.ArgumentParser(description="Write a generated city.")
    parser.add_argument(
        "--segments", type=int, default=300_000, help="from node to node of ways that cars drive"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, help="an .osm.pbf file")
    parser.add_argument("--picture", type=Path, help="a .png file to draw it into")
    parser.add_argument("--middle", type=float, default=0.0, help="draw only so many metres")
    given = parser.parse_args()
    began = time.process_time()
    sheet = draw_city(given.segments, given.seed)
    drawn_s = time.process_time() - began
    write_extract(sheet, given.output)
    facts = {
        "nodes": sheet.node_count,
        "ways": len(sheet.ways),
        "segments": sheet.segment_count(),
        "restrictions": len(sheet.restrictions),
        "bytes": given.output.stat().st_size,
        "cpu_s_drawing": round(drawn_s, 2),
        "cpu_s_writing": round(time.process_time() - began - drawn_s, 2),
    }
    if given.picture:
        write_picture(sheet, given.picture, middle_m=given.middle)
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
