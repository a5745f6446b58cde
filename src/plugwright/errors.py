"""Every failure Plugwright knows, as one tree.

::

    PlugwrightError
    ├── CallError                     the caller can fix it
    │   ├── InvalidInput              400  invalid_input
    │   │   └── MalformedJSON         400  malformed_json
    │   ├── MalformedAnswer           400  invalid_answer
    │   ├── IdempotencyKeyError       400  invalid_idempotency_key
    │   │   ├── KeyInProgress         409  idempotency_in_progress
    │   │   ├── OutcomeUnknown        409  idempotency_outcome_unknown
    │   │   └── KeyMismatch           422  idempotency_mismatch
    │   ├── AccessRefused                 who calls has to prove who they are, or may not
    │   │   ├── MalformedCredentials  400  invalid_request
    │   │   ├── NotAuthenticated      401  not_authenticated
    │   │   │   └── InvalidToken      401  invalid_token
    │   │   └── MissingScope          403  insufficient_scope
    │   ├── OriginRefused             403  origin_refused
    │   ├── NotFound                  404  not_found
    │   ├── MethodNotAllowed          405  method_not_allowed
    │   ├── NotAcceptable             406  not_acceptable
    │   ├── RequestTimeout            408  request_timeout
    │   ├── AnswerTooLong             400  answer_too_long
    │   ├── Conflict                  409  conflict
    │   ├── CannotAsk                 409  cannot_ask
    │   │   └── UnsupportedQuestion   409  unsupported_question
    │   ├── PayloadTooLarge           413  payload_too_large
    │   ├── UnsupportedMediaType      415  unsupported_media_type
    │   ├── HostRefused               421  host_refused
    │   └── TooManyCalls              429  too_many_calls
    ├── UpstreamError                 502  upstream_error        another service failed
    │   ├── UpstreamUnavailable       503  upstream_unavailable
    │   └── UpstreamTimeout           504  upstream_timeout
    ├── Unavailable                   503  unavailable           we cannot now
    ├── CallTimeout                   504  call_timeout          the operation missed its deadline
    ├── JobAbandoned                  500  job_abandoned         the processes that ran a job all died
    ├── OperationChanged              500  operation_changed     a queued call fits no operation any more
    ├── InternalError                 500  internal_error        stands for what is not in this tree
    ├── KeptFailure                   stands for how an earlier call with the same key ended
    └── SetupError                    the author or operator can fix it; raised before serving

A class carries ``code`` (stable, for programs), ``status`` (HTTP) and ``retryable``. The message is shown to
the caller, so it holds nothing that the caller may not see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Detail:
    """One problem with one part of the input: ``field`` is a dotted path such as ``stops.0.city``."""

    field: str
    problem: str


class PlugwrightError(Exception):
    """The root of the tree: a message that is safe to show, and what is wrong in detail.

    Args:
        message: what went wrong, for a person.
        details: problems by field; a mapping with ``field`` and ``problem`` stands for a `Detail`.
        retry_after: seconds after which a repeat makes sense; sent as ``Retry-After``.
    """

    code: str = "internal_error"
    status: int = 500
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        details: Iterable[Detail | Mapping[str, str]] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details: tuple[Detail, ...] = tuple(
            item if isinstance(item, Detail) else Detail(item["field"], item["problem"]) for item in details
        )
        self.retry_after = retry_after


class CallError(PlugwrightError):
    """The caller can fix it. Raise it, or a class below it, to refuse a call with a reason."""

    code = "call_refused"
    status = 400


class InvalidInput(CallError):
    """The input does not fit what the operation takes."""

    code = "invalid_input"


class MalformedJSON(InvalidInput):
    """The body is not JSON at all."""

    code = "malformed_json"


class MalformedAnswer(CallError):
    """A client's answer does not have the form of the question that the operation asked."""

    code = "invalid_answer"


class IdempotencyKeyError(CallError):
    """A call has an idempotency key that it cannot be served with."""

    code = "invalid_idempotency_key"


class KeyInProgress(IdempotencyKeyError):
    """A call with the same idempotency key is still running."""

    code = "idempotency_in_progress"
    status = 409
    retryable = True


class OutcomeUnknown(IdempotencyKeyError):
    """A call with the same idempotency key began, and its server ended before it did."""

    code = "idempotency_outcome_unknown"
    status = 409


class KeyMismatch(IdempotencyKeyError):
    """The idempotency key was used for another input."""

    code = "idempotency_mismatch"
    status = 422


class AccessRefused(CallError):
    """The caller has to prove who they are, or may not do this.

    ``challenge`` is the ``WWW-Authenticate`` header that says how to mend it (RFC 6750 §3); the protocol fills it in
    where it is absent.
    """

    def __init__(self, message: str, *, challenge: str | None = None) -> None:
        super().__init__(message)
        self.challenge = challenge


class MalformedCredentials(AccessRefused):
    """The credentials are not of their form, or given twice (RFC 6750 §3.1, invalid_request)."""

    code = "invalid_request"


class NotAuthenticated(AccessRefused):
    """The operation needs to know who calls, and the caller did not say."""

    code = "not_authenticated"
    status = 401


class InvalidToken(NotAuthenticated):
    """The token or key is unknown, expired, revoked, or meant for something else."""

    code = "invalid_token"


class MissingScope(AccessRefused):
    """The caller is known, but was not allowed this. ``scopes`` names what is needed beyond the operation's own.

    ``subject`` and ``client`` say who it was, for the audit record, where the caller itself is not let in.
    """

    code = "insufficient_scope"
    status = 403

    def __init__(
        self,
        message: str,
        *,
        scopes: Iterable[str] = (),
        challenge: str | None = None,
        subject: str | None = None,
        client: str | None = None,
    ) -> None:
        super().__init__(message, challenge=challenge)
        self.scopes = tuple(scopes)
        self.subject = subject
        self.client = client


class OriginRefused(CallError):
    """A browser page of an origin that is not allowed made the request."""

    code = "origin_refused"
    status = 403


class NotFound(CallError):
    """What the caller asked for does not exist."""

    code = "not_found"
    status = 404


class MethodNotAllowed(CallError):
    """The path exists, but not with this HTTP method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class NotAcceptable(CallError):
    """The Accept header excludes every form the answer has."""

    code = "not_acceptable"
    status = 406


class RequestTimeout(CallError):
    """The request's body did not arrive in time."""

    code = "request_timeout"
    status = 408
    retryable = True


class AnswerTooLong(CallError):
    """The answer has more characters than a chat takes; the caller has to ask for less."""

    code = "answer_too_long"


class Conflict(CallError):
    """The call contradicts the present state."""

    code = "conflict"
    status = 409


class CannotAsk(CallError):
    """The operation has to ask the person something, and this client has no way to."""

    code = "cannot_ask"
    status = 409


class UnsupportedQuestion(CannotAsk):
    """The client did not declare that it can be asked this; ``required`` holds the capabilities it lacks."""

    code = "unsupported_question"

    def __init__(self, required: dict[str, Any]) -> None:
        super().__init__("This operation has to ask something that the client does not support")
        self.required = required


class PayloadTooLarge(CallError):
    """The body is larger than the server takes."""

    code = "payload_too_large"
    status = 413


class UnsupportedMediaType(CallError):
    """The body comes in a form the server does not read."""

    code = "unsupported_media_type"
    status = 415


class HostRefused(CallError):
    """The Host header names a host that this server is not."""

    code = "host_refused"
    status = 421


class TooManyCalls(CallError):
    """The caller called more often than they may.

    Args:
        message: what went wrong, for a person.
        limit: how often they may, such as ``60/minute``.
        remaining: how many calls are left to them now.
        reset: seconds until there are more.
        retry_after: seconds until the next call is let through.
        headers: header fields that tell the same to HTTP clients.
    """

    code = "too_many_calls"
    status = 429
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        limit: str | None = None,
        remaining: int = 0,
        reset: int | None = None,
        retry_after: float | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
        self.headers = tuple(headers)


class UpstreamError(PlugwrightError):
    """Another service that the operation needs failed.

    ``upstream_status`` is the HTTP status that it answered with, if it did: for the handler, and shown to no caller.
    """

    code = "upstream_error"
    status = 502
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        details: Iterable[Detail | Mapping[str, str]] = (),
        retry_after: float | None = None,
        upstream_status: int | None = None,
    ) -> None:
        super().__init__(message, details=details, retry_after=retry_after)
        self.upstream_status = upstream_status


class UpstreamUnavailable(UpstreamError):
    """Another service that the operation needs cannot be reached, or refuses for now."""

    code = "upstream_unavailable"
    status = 503


class UpstreamTimeout(UpstreamError):
    """Another service that the operation needs did not answer in time."""

    code = "upstream_timeout"
    status = 504


class Unavailable(PlugwrightError):
    """The plugin cannot serve the call now, and may soon."""

    code = "unavailable"
    status = 503
    retryable = True


class CallTimeout(PlugwrightError):
    """The operation did not finish before its deadline."""

    code = "call_timeout"
    status = 504
    retryable = True


class JobAbandoned(PlugwrightError):
    """Every process that ran a job has died or vanished, as often as a job is tried."""

    code = "job_abandoned"


class OperationChanged(PlugwrightError):
    """A call was queued for an operation that is gone, or no longer takes its input."""

    code = "operation_changed"


class InternalError(PlugwrightError):
    """Something unforeseen: the caller learns only that, the log has the rest."""

    def __init__(self) -> None:
        super().__init__("The plugin failed unexpectedly. Its log has the details under this request id.")


class KeptFailure(PlugwrightError):
    """What an earlier call with the same idempotency key ended with: its code, its status, and its body as it was."""

    def __init__(self, message: str, *, code: str = "internal_error", status: int = 500, body: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.body = body


class SetupError(PlugwrightError):
    """A definition or a setting is wrong. Raised before serving; the message names the thing and the mend."""

    code = "setup_error"
