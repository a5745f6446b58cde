"""A report as a person at a terminal sees it."""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plugwright.authoring.status.report import Report

_STYLES: Final = {"ready": "bold green", "degraded": "bold yellow", "ok": "green"}
_MOST_ERRORS: Final = 8
_MEBI: Final = 1024 * 1024
_TEN: Final = 10


def view(report: Report) -> RenderableType:
    """All of a report, for `rich`."""
    return Group(_head(report), *_facts(report), *_pools(report), *_errors(report))


def _head(report: Report) -> Text:
    head = _text(report.url, "bold")
    head.append(" ")
    head.append(_text(report.status, _STYLES.get(report.status, "bold red")))
    if report.problem:
        head.append("\n").append(_text(report.problem, "red"))
    return head


def _facts(report: Report) -> Iterator[RenderableType]:
    rows = [(name, value) for name, value in _rows(report) if value.plain]
    if rows:
        table = Table.grid(padding=(0, 2))
        for name, value in rows:
            table.add_row(Text(name, "dim"), value)
        yield table
    if not report.has_metrics and report.status != "unreachable":
        yield Text("No metrics here. --metrics-url names where PLUGWRIGHT_METRICS_PORT serves them.", "dim")


def _rows(report: Report) -> Iterator[tuple[str, Text]]:
    yield "plugin", _text(" ".join(word for word in (report.name, report.versions.get("plugin", "")) if word))
    yield "versions", _text(_listed(f"{name} {value}" for name, value in report.versions.items() if name != "plugin"))
    yield "up", _text("" if report.uptime_seconds is None else duration(report.uptime_seconds))
    parts = Text()
    for name, word in report.parts.items():
        parts.append(_text(f"{name} ")).append(_text(f"{word}  ", _STYLES.get(word, "red")))
    yield "parts", parts
    yield "round trip", _text(milliseconds(report.round_trip_ms))
    if report.calls is not None:
        calls = report.calls
        rate = "" if calls.per_second is None else f"{calls.per_second:g}/s"
        yield (
            "calls",
            _text(_listed((f"{calls.total:,}", rate, f"{calls.refused:,} refused", f"{calls.failed:,} failed"))),
        )
        times = (("p50", calls.p50_ms), ("p95", calls.p95_ms), ("p99", calls.p99_ms))
        yield "latency", _text(_listed(f"{name} {milliseconds(value)}" for name, value in times if value is not None))
    if report.cache is not None and report.cache.hit_rate is not None:
        cache = report.cache
        size = f"{mebibytes(cache.bytes)} of {mebibytes(cache.bytes_limit)} MiB"
        yield "cache", _text(_listed((f"{cache.hit_rate:.1%} hits", f"of {cache.replies:,}", size)))
    if report.limits is not None:
        limits = report.limits
        words = (f"{limits.admitted:,} admitted", f"{limits.refused:,} refused", f"{limits.overloaded:,} overload")
        yield "limits", _text(_listed(words))


def _pools(report: Report) -> Iterator[RenderableType]:
    if not report.pools:
        return
    table = Table("pool", "used", "of", "waiting", "", box=None, pad_edge=False)
    for pool in report.pools:
        table.add_row(_text(pool.name), str(pool.used), str(pool.size), str(pool.waiting), _text(pool.note, "red"))
    yield Text()
    yield table


def _errors(report: Report) -> Iterator[RenderableType]:
    if not report.errors:
        return
    table = Table("last errors", "code", "count", "last seen", box=None, pad_edge=False)
    for failure in report.errors[:_MOST_ERRORS]:
        seen = "" if failure.last_seen is None else time.strftime("%H:%M:%S", time.localtime(failure.last_seen))
        table.add_row(_text(failure.operation), _text(failure.code), f"{failure.count:,}", seen)
    yield Text()
    yield table


def duration(seconds: int) -> str:
    """Seconds as people say them, in their two largest units."""
    rest, found = seconds, list[str]()
    for name, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, length)
        if number or (name == "s" and not found):
            found.append(f"{number} {name}")
    return " ".join(found[:2])


def milliseconds(value: float | None) -> str:
    """A time, or nothing."""
    return "" if value is None else f"{value:,.0f} ms" if value >= _TEN else f"{value:.1f} ms"


def mebibytes(value: int) -> str:
    """A size."""
    return f"{value / _MEBI:,.1f}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(word for word in words if word)


def _text(words: str, style: str = "") -> Text:
    # What a server says of itself is shown, never obeyed by the terminal.
    return Text("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words), style)
