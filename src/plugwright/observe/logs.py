"""The plugin's own log: structlog, JSON lines in production, coloured lines in development.

What is logged is what is on a list: plain values (`loggable`), and of exceptions their types and places (`exceptions`).
Nothing global is configured: a plugin inside somebody else's server leaves that server's logging alone.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from plugwright.observe.exceptions import ExceptionsWithoutTexts
from plugwright.observe.loggable import on_one_line, only_loggable
from plugwright.settings import Settings

Report = Callable[[str, str, BaseException], None]


@dataclass(frozen=True, slots=True)
class LogStyle:
    """How lines look, the least severe level, and whether they tell the texts of exceptions and of other libraries."""

    form: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"
    with_texts: bool = False


def log_style(settings: Settings) -> LogStyle:
    """The style that an operator wants. Texts are told to developers only."""
    form = settings.log_style or ("json" if settings.is_production else "console")
    return LogStyle(form, settings.log_level, with_texts=not settings.is_production)


def make_logger(style: LogStyle) -> Any:
    """A structlog logger that writes to standard error."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        only_loggable,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *_renderers(style),
    ]
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(style.level),
    ).bind()


def _renderers(style: LogStyle) -> list[Any]:
    if style.form == "json":
        return [ExceptionsWithoutTexts(with_texts=style.with_texts), structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [on_one_line, *([] if style.with_texts else [ExceptionsWithoutTexts(as_lines=True)]), console]


def failure_reporter(logger: Any) -> Report:
    """A function that logs an unforeseen exception with its traceback; the caller only learns the request id."""

    def report(operation: str, request_id: str, error: BaseException) -> None:
        logger.error("call_failed", operation=operation, request_id=request_id, exc_info=error)

    return report
