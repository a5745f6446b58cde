"""What is measured of calls: what came of them, those in progress, their limits, and the cache."""

from collections.abc import Mapping

from plugwright.calls.admission import Admission, Places
from plugwright.calls.flights import Flights
from plugwright.calls.limits import Limiter
from plugwright.observe.counters import CallCounters
from plugwright.observe.metrics.families import Labels, Metric, Values, counter, gauge, histogram, one

_CALL = ("operation", "protocol", "outcome")
_OWN = ("operation",)


def call_metrics(counters: CallCounters) -> list[Metric]:
    """What came of calls, and how long they took."""
    return [
        counter(
            "plugwright_calls",
            "Calls by operation, protocol, and outcome: ok, cancelled, input_required, replayed, or an error's code.",
            lambda: {key: float(counted.calls) for key, counted in counters.by_key.items()},
            _CALL,
        ),
        histogram(
            "plugwright_call_duration_seconds",
            "How long calls took, in seconds; ChatGPT waits for 45.",
            lambda: dict(counters.by_key),
            _CALL,
        ),
    ]


def admission_metrics(admission: Admission) -> list[Metric]:
    """Calls in progress and in the queue, of the process and of operations with a bound of their own."""
    places, own = admission.places, admission.own

    def refused() -> Values:
        return {("", reason): float(count) for reason, count in places.refused.items()} | {
            (name, reason): float(count) for name, each in own.items() for reason, count in each.refused.items()
        }

    def of_each(read: Mapping[str, Places]) -> Mapping[Labels, Places]:
        return {(name,): each for name, each in read.items()}

    return [
        gauge("plugwright_calls_in_progress", "Calls that wait for something.", one(lambda: places.running)),
        gauge("plugwright_calls_in_progress_limit", "Calls that may wait for something.", one(lambda: places.most)),
        gauge("plugwright_calls_queued", "Calls that wait for their turn.", one(lambda: places.queued)),
        histogram(
            "plugwright_call_queue_duration_seconds",
            "How long calls waited for their turn, in seconds; most do not wait.",
            lambda: {(): places.waits},
        ),
        counter(
            "plugwright_calls_refused",
            "Calls that got no turn: queue_full, no_time where that was foreseen, timeout. "
            "The operation is that whose own bound it was.",
            refused,
            (*_OWN, "reason"),
        ),
        gauge(
            "plugwright_operation_calls_in_progress",
            "Calls in progress of operations with a bound of their own.",
            lambda: {key: each.running for key, each in of_each(own).items()},
            _OWN,
        ),
        gauge(
            "plugwright_operation_calls_in_progress_limit",
            "That bound.",
            lambda: {key: each.most for key, each in of_each(own).items()},
            _OWN,
        ),
        gauge(
            "plugwright_operation_calls_queued",
            "Calls that wait for their turn of such an operation.",
            lambda: {key: each.queued for key, each in of_each(own).items()},
            _OWN,
        ),
    ]


def limit_metrics(limiters: Mapping[str, Limiter]) -> list[Metric]:
    """What limits decided."""

    def decided() -> Values:
        return {
            (name, where, outcome): float(value)
            for name, limiter in limiters.items()
            for where, counts in limiter.counts.items()
            for outcome, value in (("admitted", counts.admitted), ("refused", counts.refused))
        }

    text = "Calls of operations with limits: admitted or refused, counted in the process or together in Valkey."
    return [counter("plugwright_limited_calls", text, decided, ("operation", "counted_in", "outcome"))]


def cache_metrics(flights: Flights) -> list[Metric]:
    """Where the replies of cached operations came from, and what is kept."""
    memory = flights.memory

    def replies() -> Values:
        return {
            (name, source): float(value)
            for name, counts in flights.counts.items()
            for source, value in (
                ("memory", counts.hits - counts.stale),
                ("memory_stale", counts.stale),
                ("valkey", counts.second_hits),
                ("handler", counts.made),
            )
        }

    return [
        counter(
            "plugwright_cache_replies",
            "Where replies came from: memory, memory_stale where they were past their time, valkey, "
            "or the handler, which made them.",
            replies,
            (*_OWN, "source"),
        ),
        counter(
            "plugwright_cache_failures",
            "Replies that could not be made, however many waited.",
            lambda: {(name,): float(counts.failed) for name, counts in flights.counts.items()},
            _OWN,
        ),
        counter("plugwright_cache_evictions", "Replies forgotten for want of room.", one(lambda: memory.evicted)),
        gauge("plugwright_cache_entries", "Replies in memory.", one(lambda: len(memory.entries))),
        gauge("plugwright_cache_bytes", "What they take, in bytes.", one(lambda: memory.bytes)),
        gauge("plugwright_cache_bytes_limit", "What they may take.", one(lambda: memory.most_bytes)),
        gauge("plugwright_cache_flights", "Replies that are being made.", one(lambda: flights.running)),
    ]
