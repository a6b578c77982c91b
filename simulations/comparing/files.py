"""A comparison written down: JSON, a table of all days, a page, a picture."""

import csv
import json
from pathlib import Path
from typing import Final

from simulations.comparing.judging import Tournament
from simulations.comparing.plot import plot
from simulations.comparing.telling import document, markdown
from simulations.metrics.table import METRICS
from simulations.metrics.writing import rounded

PICTURE: Final = "comparison.svg"


def write_comparison(tournament: Tournament, folder: Path) -> tuple[Path, ...]:
    """Write a comparison into a folder, made if need be; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "comparison.json": json.dumps(document(tournament), ensure_ascii=False, indent=1) + "\n",
        "comparison.md": markdown(tournament, PICTURE),
        PICTURE: plot(tournament),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    days = folder / "days.csv"
    with days.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("way", "seed", *(metric.name for metric in METRICS)))
        for one in tournament.lived:
            writer.writerow((one.way, one.seed, *rounded(one.metrics).values()))
    return (*(folder / name for name in texts), days)
