"""What is wrong with a day under siege."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maps.errors import RobovanError
from simulations.siege.faults import Fault

SHOWN_MAX = 5


class BesiegedError(RobovanError):
    """A dispatcher under siege lost a parcel, doubled one, or broke another promise."""

    code = "SIM-110"

    def __init__(
        self, faults: Sequence[Fault], document: dict[str, Any], folder: Path, *, is_over: bool
    ) -> None:
        listed = [f"{fault.wrong.value}: {fault.what}" for fault in faults]
        if not is_over:
            listed.insert(0, "the day came to no end")
        shown = "; ".join(listed[:SHOWN_MAX]) + ("; ..." if len(listed) > SHOWN_MAX else "")
        super().__init__(
            f"The ledger of seed {document['seed']} finds {len(listed)} things wrong: {shown}",
            remedy=f"Read verdict, diary, journal and logs in {str(folder)!r}",
        )
        self.faults = tuple(faults)
        self.document = document
        self.folder = folder
