"""What the audit record holds of calls: those that may change something, and those refused for a missing scope.

Never their arguments, nor their answers.
"""

from collections.abc import Callable

from plugwright.errors import MissingScope, PlugwrightError
from plugwright.observe.events import Arrival, Observe
from plugwright.store.audit import Record
from plugwright.store.audit_buffer import AuditBuffer

CALL = "call"
SCOPE_REFUSED = "scope_refused"

_QUIET = 60.0  # seconds in which the same refusal is recorded once: a line for each try would be a flood of its own
_MOST_KNOWN = 1024


class CallAudit:
    """Makes records of calls and hands them to the buffer."""

    def __init__(self, buffer: AuditBuffer, now: Callable[[], float]) -> None:
        self.buffer = buffer
        self._now = now
        self._refused: dict[tuple[str, str | None, str | None], float] = {}

    def calls_of(self, operation: str) -> Observe:
        """An observer that records the calls of an operation."""
        add, now = self.buffer.add, self._now

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            principal = arrival.principal
            detail = {"protocol": arrival.protocol, "milliseconds": round(seconds * 1000, 1)}
            add(
                Record(
                    now(),
                    CALL,
                    outcome,
                    subject=principal and principal.subject,
                    client_id=principal and principal.client,
                    operation=operation,
                    request_id=arrival.request_id,
                    detail=detail,
                )
            )

        return observe

    def refused(self, operation: str, error: PlugwrightError, arrival: Arrival) -> None:
        """Record that somebody known was not allowed an operation; others come in unnamed, and leave no record."""
        if not isinstance(error, MissingScope):
            return
        key = (operation, error.subject, error.client)
        at = self._now()
        if at - self._refused.get(key, -_QUIET) < _QUIET:
            return
        if len(self._refused) >= _MOST_KNOWN:
            self._refused.clear()
        self._refused[key] = at
        self.buffer.add(
            Record(
                at,
                SCOPE_REFUSED,
                error.code,
                subject=error.subject,
                client_id=error.client,
                operation=operation,
                request_id=arrival.request_id,
                detail={"protocol": arrival.protocol},
            )
        )
