"""What is measured of sign-in and tokens."""

from collections.abc import Callable

from plugwright.observe.metrics.families import Metric, Values, counter
from plugwright.observe.tally import Tally

_GRANTS = ("authorization_code", "refresh_token")
_BY_OUTCOME = (
    ("sign_in", "plugwright_sign_ins", "Sign-ins: ok, wrong, throttled, unavailable, or provider_failed."),
    ("authorization", "plugwright_authorizations", "What users decided on clients' requests, and requests refused."),
    ("registration", "plugwright_client_registrations", "Clients that registered themselves: ok or refused."),
    ("client_authentication", "plugwright_client_authentication_failures", "Clients that did not prove who they are."),
    ("revocation", "plugwright_token_revocations", "Tokens that clients revoked."),
)


def auth_metrics(tally: Tally) -> list[Metric]:
    """The figures of an authorization server."""
    tokens = counter(
        "plugwright_token_requests",
        "Token requests by grant type: issued, repeated where an identical one got the same answer, or an error.",
        lambda: {key: float(value) for key, value in tally.counts.items() if key[0] in _GRANTS},
        ("grant_type", "outcome"),
    )
    return [tokens, *(counter(name, text, _of(tally, event), ("outcome",)) for event, name, text in _BY_OUTCOME)]


def _of(tally: Tally, event: str) -> Callable[[], Values]:
    return lambda: {(outcome,): float(value) for (of, outcome), value in tally.counts.items() if of == event}
