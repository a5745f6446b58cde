"""structlog, set up once: JSON lines in production, coloured lines in development."""

import logging
import sys
from typing import Any, Literal

import structlog
import structlog.tracebacks

Style = Literal["json", "console"]


def configure_logs(style: Style, *, level: str = "info") -> None:
    """Send the plugin's and the server's log lines to standard error in one style."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(style),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    logging.getLogger("uvicorn.access").disabled = True


def _renderers(style: Style) -> list[Any]:
    if style == "json":
        # Without the frames' local variables, which may hold anything that is secret.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]


def call_logger(operation: str, request_id: str) -> Any:
    """A logger whose lines name the call."""
    return structlog.get_logger().bind(operation=operation, request_id=request_id)


def report_failure(operation: str, request_id: str, error: BaseException) -> None:
    """Log an unforeseen exception with its traceback; the caller only learns the request id."""
    call_logger(operation, request_id).error("call_failed", exc_info=error)
