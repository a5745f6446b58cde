"""The plugin's own log: structlog, JSON lines in production, coloured lines in development.

Nothing global is configured: a plugin inside somebody else's server leaves that server's logging alone.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any, Literal

import structlog
import structlog.tracebacks

Style = Literal["json", "console"]
Report = Callable[[str, str, BaseException], None]


def make_logger(style: Style, *, level: str = "info") -> Any:
    """A structlog logger that writes to standard error."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *_renderers(style),
    ]
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    ).bind()


def _renderers(style: Style) -> list[Any]:
    if style == "json":
        # Without the frames' local variables, which may hold anything that is secret.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def failure_reporter(logger: Any) -> Report:
    """A function that logs an unforeseen exception with its traceback; the caller only learns the request id."""

    def report(operation: str, request_id: str, error: BaseException) -> None:
        logger.error("call_failed", operation=operation, request_id=request_id, exc_info=error)

    return report


def configure_server_logs(level: str) -> None:
    """Show what the server itself logs, on standard error; for a process that is ours alone."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    # They tell of themselves at every start, and of every job.
    for name in ("alembic", "taskiq"):
        logging.getLogger(name).setLevel(logging.WARNING)
