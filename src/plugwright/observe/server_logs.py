"""What others log in this process: the server, libraries, the author's modules. It goes through the plugin's own pipe.

In production their texts are left out, for nobody here knows what is in them: an SQL library writes values, an HTTP
client URLs. What stays says which logger spoke, where, and which exception it told of.
"""

import logging
import sys
import threading
from typing import Any

from plugwright.observe.logs import LogStyle, log_style, make_logger
from plugwright.settings import Settings

WITHHELD = "text not logged"

_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
_OURS = ("uvicorn", "plugwright")  # whose texts were read, and tell of the server alone
# At these levels they write what they are given, such as the values of SQL.
_QUIET = {
    **dict.fromkeys(("sqlalchemy", "alembic", "taskiq"), logging.WARNING),
    **dict.fromkeys(("aiohttp", "asyncio"), logging.INFO),
}


class PipedHandler(logging.Handler):
    """Hands the records of Python's logging to a structlog logger, with their text where that is wanted."""

    def __init__(self, style: LogStyle, trusted: tuple[str, ...]) -> None:
        super().__init__()
        self._log = make_logger(style)
        self._with_texts = style.with_texts
        self._trusted = frozenset(trusted)

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        try:
            text = record.getMessage() if self._with_texts or self._is_trusted(record.name) else WITHHELD
            where = f"{record.filename}:{record.lineno}"
            self._log.log(
                _known_level(record.levelno), text.strip(), logger=record.name, where=where, exc_info=record.exc_info
            )
        except Exception:  # noqa: BLE001 a record that cannot be written is no reason for anything to fail
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 as logging calls it
        """Say that a record could not be written, and nothing of what is in it."""
        sys.stderr.write(f"a record of {record.name} could not be logged ({record.filename}:{record.lineno})\n")

    def _is_trusted(self, name: str) -> bool:
        parts = name.split(".")
        return any(".".join(parts[:count]) in self._trusted for count in range(1, len(parts) + 1))


def _known_level(level: int) -> int:
    """The standard level at or below one that a library made up."""
    return max((known for known in _LEVELS if known <= level), default=logging.DEBUG)


def configure_server_logs(settings: Settings) -> None:
    """Send all that this process logs through the plugin's pipe; for a process that is ours alone."""
    style = log_style(settings)
    handler = PipedHandler(style, (*_OURS, *settings.trusted_loggers))
    logging.basicConfig(level=style.level.upper(), handlers=[handler], force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, logging.getLogger().level))
    if not style.with_texts:
        logging.captureWarnings(capture=True)
        _log_what_nobody_caught(make_logger(style))


def _log_what_nobody_caught(log: Any) -> None:
    """Log by its type and place what would be printed in full otherwise."""

    def in_thread(given: threading.ExceptHookArgs) -> None:
        if not isinstance(given.exc_value, SystemExit):
            log.error("thread_failed", exc_info=given.exc_value)

    def in_process(kind: type[BaseException], error: BaseException, frames: Any) -> None:  # noqa: ARG001 as Python calls it
        log.critical("process_failed", exc_info=error)

    def unraisable(given: Any) -> None:
        log.error("ignored_exception", exc_info=given.exc_value)

    threading.excepthook = in_thread
    sys.excepthook = in_process
    sys.unraisablehook = unraisable
