"""What is measured of requests to other services."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from plugwright.observe.counters import Counter as Durations
from plugwright.observe.metrics.families import Labels, Metric, Values, counter, gauge, histogram
from plugwright.upstream.client import Upstream
from plugwright.upstream.link import Link
from plugwright.upstream.used import UsedUpstreams

_NAMED = ("upstream",)


def upstream_metrics(used: UsedUpstreams) -> list[Metric]:
    """The figures of every upstream that calls have used, by its name."""

    def tallied(of: Callable[[Upstream], Mapping[str, int]]) -> Callable[[], Values]:
        return lambda: _summed(((each.name, key), value) for each in used.found for key, value in of(each).items())

    def linked(of: Callable[[Link], int]) -> Callable[[], Values]:
        return lambda: _summed(((each.name,), of(link)) for each in used.found for link in each.links())

    def durations() -> dict[Labels, Durations]:
        return {(each.name,): each.tally.durations for each in used.found}

    return [
        counter(
            "plugwright_upstream_requests",
            "Requests to another service, repeats not counted, by what came of them.",
            tallied(lambda each: each.tally.requests),
            (*_NAMED, "outcome"),
        ),
        counter(
            "plugwright_upstream_attempts",
            "Requests that were sent to another service, repeats too, by what came of them.",
            tallied(lambda each: each.tally.attempts),
            (*_NAMED, "outcome"),
        ),
        counter(
            "plugwright_upstream_retries",
            "Requests that were sent again.",
            lambda: _summed(((each.name,), each.tally.retries) for each in used.found),
            _NAMED,
        ),
        counter(
            "plugwright_upstream_refused",
            "Requests that were not sent: breaker_open, full, or budget where it was a repeat.",
            tallied(lambda each: each.tally.refused),
            (*_NAMED, "reason"),
        ),
        histogram(
            "plugwright_upstream_attempt_duration_seconds",
            "How long requests took that were sent to another service, in seconds.",
            durations,
            _NAMED,
        ),
        gauge(
            "plugwright_upstream_breakers",
            "Breakers, one per process, by state: closed, open, half_open.",
            lambda: _summed(
                ((each.name, state), int(link.breaker.state == state))
                for each in used.found
                for link in each.links()
                for state in ("closed", "open", "half_open")
            ),
            (*_NAMED, "state"),
        ),
        counter(
            "plugwright_upstream_breaker_openings",
            "How often breakers have opened.",
            linked(lambda link: link.breaker.openings),
            _NAMED,
        ),
        gauge(
            "plugwright_upstream_connections",
            "Connections to another service that are in use.",
            linked(lambda link: link.gate.running),
            _NAMED,
        ),
        gauge(
            "plugwright_upstream_connections_limit",
            "Connections to another service that may be in use.",
            linked(lambda link: link.gate.places),
            _NAMED,
        ),
        gauge(
            "plugwright_upstream_waiting",
            "Requests that wait for a connection to another service.",
            linked(lambda link: link.gate.waiting),
            _NAMED,
        ),
        gauge(
            "plugwright_upstream_retry_budget",
            "Repeats that may be sent now.",
            linked(lambda link: link.budget.left),
            _NAMED,
        ),
    ]


def _summed(found: Iterable[tuple[Labels, int]]) -> Values:
    """Upstreams of one name are one."""
    total: Counter[Labels] = Counter()
    for labels, value in found:
        total[labels] += value
    return {labels: float(value) for labels, value in total.items()}
