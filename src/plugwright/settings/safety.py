"""What is only safe on a laptop: settings that a production server refuses to start with."""

import re
from collections.abc import Iterator

from plugwright.settings.model import Settings

SECRET_LENGTH = 32
_FEWEST_CHARACTERS = 8  # different ones; 32 random hexadecimal digits practically always have more
_LONGEST_PATTERN = 8
# Words of examples, which end up in production all the same.
_PLACEHOLDER = re.compile(
    r"replace|change.?(?:me|this|it)|your.?(?:secret|key|token)|example|placeholder|<|>|xxxx", re.IGNORECASE
)
_WEAK = re.compile(rf"{_PLACEHOLDER.pattern}|password|qwerty|12345678|abcdefgh|letmein", re.IGNORECASE)

Problem = tuple[str, str]
"""The field, and what is wrong with it."""


def unsafe_settings(settings: Settings) -> list[Problem]:
    """What is wrong with settings in production, all of it; nothing in development."""
    if not settings.is_production:
        return []
    return [*_exposed(settings), *_guessable(settings), *_for_development(settings)]


def _exposed(settings: Settings) -> Iterator[Problem]:
    if not settings.public_url.startswith("https:"):
        yield "public_url", "must be an https URL in production"


def _guessable(settings: Settings) -> Iterator[Problem]:
    if settings.secret is None:
        yield "secret", f"must be set in production, to at least {SECRET_LENGTH} random characters"
    secrets = [("secret", settings.secret), ("previous_secret", settings.previous_secret)]
    secrets += [("service_keys", key) for key in settings.service_keys]
    for field, secret in secrets:
        weakness = None if secret is None else _weakness(secret.get_secret_value())
        if weakness is not None:
            yield field, weakness
    for service, token in settings.verification_tokens.items():
        if _PLACEHOLDER.search(token):
            yield "verification_tokens", f"that of {service} is a placeholder; in production, set the one it shows you"


def _for_development(settings: Settings) -> Iterator[Problem]:
    for field, what in (
        ("demo_account", "an account for trying things out"),
        ("fetch_allowed_origins", "a way into the private network"),
    ):
        if getattr(settings, field):
            yield field, f"must not be set in production: it is {what}"


def _weakness(secret: str) -> str | None:
    text = secret.strip()
    if len(text) < SECRET_LENGTH:
        return f"must have at least {SECRET_LENGTH} characters in production"
    if len(set(text)) < _FEWEST_CHARACTERS or _is_pattern(text) or _WEAK.search(text):
        return "is easily guessed; in production, take random characters, such as those of `openssl rand -hex 32`"
    return None


def _is_pattern(text: str) -> bool:
    return any(text == (text[:length] * len(text))[: len(text)] for length in range(1, _LONGEST_PATTERN + 1))
