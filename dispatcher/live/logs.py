"""How log records look; the only file that imports structlog.

All others log with ``logging.getLogger(__name__)``, a stable event name as the message and ids as
``extra``. Here it is decided that records go to stderr, as text for people or as one JSON object
a line, and which ones.
"""

import logging
import sys
from typing import Any, Final

import structlog

OWN_LOGGERS: Final = ("maps", "routing", "vehicles", "dispatcher", "simulations")
"""Of these, information is shown; of other libraries, warnings."""

AUDIT_LOGGER: Final = "dispatcher.audit"
"""Who did what by hand is shown at every level."""


def configure_logs(*, as_json: bool, level: str = "INFO") -> None:
    """Send the log records of this process to stderr.

    Parameters
    ----------
    as_json
        One JSON object a line instead of text.
    level
        The lowest level shown of our own records.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any]
    if as_json:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)
    logging.getLogger(AUDIT_LOGGER).setLevel(logging.INFO)
