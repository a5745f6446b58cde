"""What a look comes to: plain facts, the same for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any, Final

from plugwright import errors
from plugwright.authoring.status.figures import Figures
from plugwright.authoring.status.looking import Look, members
from plugwright.json_types import is_array

_FINE: Final = frozenset({"ok", "cancelled", "input_required", "replayed"})
_CALLERS_OWN: Final = frozenset(
    kind.code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.CallError) and kind.status < HTTPStatus.INTERNAL_SERVER_ERROR
)
_MILLISECONDS: Final = 1000
_DURATION: Final = "plugwright_call_duration_seconds"


@dataclass(frozen=True, slots=True)
class Calls:
    """How calls go, since the processes began or since the look before.

    ``refused`` could not be done as they were asked for; ``failed`` should have been done.
    """

    total: int
    refused: int
    failed: int
    per_second: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Cache:
    """How often a reply was there already, and how full the memory for replies is."""

    replies: int
    hit_rate: float | None
    bytes: int
    bytes_limit: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls of operations with limits, and calls that got no turn because too many were in progress."""

    admitted: int
    refused: int
    overloaded: int


@dataclass(frozen=True, slots=True)
class Pool:
    """Something of which there is only so much."""

    name: str
    used: int
    size: int
    waiting: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that callers were told, how often, and when that was last seen by a look."""

    operation: str
    code: str
    count: int
    last_seen: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One look, understood."""

    url: str
    at: float
    is_healthy: bool
    status: str
    problem: str = ""
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    name: str = ""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    uptime_seconds: int | None = None
    round_trip_ms: float | None = None
    has_metrics: bool = False
    calls: Calls | None = None
    cache: Cache | None = None
    limits: Limits | None = None
    pools: Sequence[Pool] = ()
    errors: Sequence[Failure] = ()

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        return asdict(self)


def understand(url: str, look: Look, figures: Figures | None, before: "tuple[Report, Figures | None] | None") -> Report:
    """The report on a look; with the one before, figures are of the time between."""
    if look.live.problem:
        return Report(url, look.at, is_healthy=False, status="unreachable", problem=f"{url} {look.live.problem}")
    ready, health = look.ready.members(), look.health.members()
    status = str(ready.get("status", "")) or "unknown"
    is_healthy = look.live.is_ok and look.ready.is_ok and status in {"ready", "degraded"}
    uptime = health.get("uptime_seconds")
    return Report(
        url,
        look.at,
        is_healthy=is_healthy,
        status=status,
        problem="" if is_healthy else _problem(url, look, ready),
        parts=_words(ready.get("parts")),
        name=str(health.get("name", "")),
        versions=_versions(look, health, figures),
        uptime_seconds=uptime if isinstance(uptime, int) else None,
        round_trip_ms=round(look.live.seconds * _MILLISECONDS, 1),
        **_measured(look, figures, before),
    )


def _problem(url: str, look: Look, ready: Mapping[str, Any]) -> str:
    if look.ready.problem:
        return f"{url}/readyz {look.ready.problem}"
    if "status" not in ready:
        return f"{url}/readyz answers {look.ready.status} and no status: it is no plugin of Plugwright, or an old one"
    failing = ready.get("failing")
    return f"it is not ready: {', '.join(map(str, failing))}" if is_array(failing) else "it is not ready"


def _versions(look: Look, health: Mapping[str, Any], figures: Figures | None) -> dict[str, str]:
    openapi, discovered = look.openapi.members(), members(look.mcp.members().get("result"))
    supported = discovered.get("supportedVersions")
    built = figures.by("plugwright_build_info", "version", "python") if figures else {}
    found = {
        "plugin": str(health.get("version", "")) or str(members(openapi.get("info")).get("version", "")),
        "plugwright": ", ".join(sorted({labels[0] for labels in built})),
        "python": ", ".join(sorted({labels[1] for labels in built})),
        "openapi": str(openapi.get("openapi", "")),
        "mcp": ", ".join(map(str, supported)) if is_array(supported) else _told(look.mcp.status),
        "manifest": str(look.manifest.members().get("schema_version", "")),
    }
    return {name: version for name, version in found.items() if version}


def _told(status: int) -> str:
    return "for who is signed in" if status == HTTPStatus.UNAUTHORIZED else ""


def _words(value: Any) -> dict[str, str]:
    return {name: str(word) for name, word in members(value).items()}


def _measured(look: Look, figures: Figures | None, before: "tuple[Report, Figures | None] | None") -> dict[str, Any]:
    if not figures:
        return {}
    earlier = before[1] if before else None
    recent = figures.since(earlier) if earlier else figures
    seconds = look.at - before[0].at if before and earlier else None
    return {
        "has_metrics": True,
        "calls": _calls(recent, seconds),
        "cache": _cache(recent),
        "limits": _limits(recent),
        "pools": _pools(figures),
        "errors": _errors(figures, recent if earlier else None, look.at, before[0].errors if before else ()),
    }


def _calls(figures: Figures, seconds: float | None) -> Calls:
    by_outcome = {outcome: count for (outcome,), count in figures.by("plugwright_calls_total", "outcome").items()}
    total = sum(by_outcome.values())
    refused = sum(count for outcome, count in by_outcome.items() if outcome in _CALLERS_OWN)
    fine = sum(count for outcome, count in by_outcome.items() if outcome in _FINE)

    def quantile(part: float) -> float | None:
        found = figures.quantile(_DURATION, part)
        return None if found is None else round(found * _MILLISECONDS, 1)

    return Calls(
        total=int(total),
        refused=int(refused),
        failed=int(total - refused - fine),
        per_second=round(total / seconds, 1) if seconds else None,
        p50_ms=quantile(0.5),
        p95_ms=quantile(0.95),
        p99_ms=quantile(0.99),
    )


def _cache(figures: Figures) -> Cache:
    by_source = figures.by("plugwright_cache_replies_total", "source")
    replies = sum(by_source.values())
    made = by_source.get(("handler",), 0.0)
    return Cache(
        replies=int(replies),
        hit_rate=round(1 - made / replies, 3) if replies else None,
        bytes=int(figures.total("plugwright_cache_bytes")),
        bytes_limit=int(figures.total("plugwright_cache_bytes_limit")),
    )


def _limits(figures: Figures) -> Limits:
    decided = figures.by("plugwright_limited_calls_total", "outcome")
    return Limits(
        admitted=int(decided.get(("admitted",), 0)),
        refused=int(decided.get(("refused",), 0)),
        overloaded=int(figures.total("plugwright_calls_refused_total")),
    )


def _pools(figures: Figures) -> list[Pool]:
    def pool(name: str, metric: str, waiting: str = "", note: str = "", **labels: str) -> Pool:
        size = figures.total(f"{metric}_limit", **{key: value for key, value in labels.items() if key != "state"})
        waits = figures.total(waiting, **{key: value for key, value in labels.items() if key != "state"})
        return Pool(name, int(figures.total(metric, **labels)), int(size), int(waits), note)

    away = "away" if figures.total("plugwright_valkey_away") else ""
    found = [
        pool("calls in progress", "plugwright_calls_in_progress", "plugwright_calls_queued"),
        pool("database", "plugwright_database_connections", "plugwright_database_waiting", state="in_use"),
        pool("valkey", "plugwright_valkey_connections", note=away),
    ]
    for (upstream,) in sorted(figures.by("plugwright_upstream_connections_limit", "upstream")):
        opened = figures.total("plugwright_upstream_breakers", upstream=upstream, state="open")
        metric, waiting = "plugwright_upstream_connections", "plugwright_upstream_waiting"
        found.append(pool(upstream, metric, waiting, "breaker open" if opened else "", upstream=upstream))
    return [each for each in found if each.size]


def _errors(figures: Figures, recent: Figures | None, at: float, before: Sequence[Failure]) -> list[Failure]:
    grown = recent.by("plugwright_calls_total", "operation", "outcome") if recent else {}
    seen = {(failure.operation, failure.code): failure.last_seen for failure in before}
    found = [
        Failure(operation, code, int(count), at if grown.get((operation, code)) else seen.get((operation, code)))
        for (operation, code), count in figures.by("plugwright_calls_total", "operation", "outcome").items()
        if code not in _FINE and count
    ]
    return sorted(found, key=lambda failure: (-(failure.last_seen or 0), -failure.count, failure.operation))
