"""The public keys of somebody else: from a JWK set (RFC 7517), and which algorithms each of them may verify.

The algorithm follows from the key, never from the token alone (RFC 8725 §3.1): a key that verifies RS256 is no secret
for HS256, and there is no key for ``none``.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.util import base64_to_int

from plugwright.errors import Unavailable
from plugwright.json_types import is_array, is_object
from plugwright.upstream.freshness import Lifetime
from plugwright.upstream.safe_fetch import FetchError, SafeFetch

# RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2: by key type, and curve where there is one
_ALGORITHMS: Mapping[tuple[str, str | None], frozenset[str]] = {
    ("RSA", None): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
    ("OKP", "Ed448"): frozenset({"EdDSA", "Ed448"}),
}
ALGORITHMS = frozenset[str]().union(*_ALGORITHMS.values())
"""Every algorithm that can be verified: asymmetric ones only."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MOST_KEYS = 64
_RSA_BITS = range(2048, 8193)
_MAX_BYTES = 65_536
_DEADLINE_SECONDS = 5.0
_MEDIA_TYPES = ("application/json", "application/jwk-set+json")
_LIFETIME = Lifetime()
_SECONDS_BETWEEN_LOOKS = 30.0


class KeysRefused(ValueError):
    """A key set is malformed, or has a key that is no public one. The message is safe to show."""


class UnknownKey(Exception):
    """No key of the set fits the token."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies signatures, with the algorithms it may be used for."""

    kid: str | None
    algorithms: frozenset[str]
    key: Key


class KeySource(Protocol):
    """Where the keys of an issuer or client come from."""

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key that a token names.

        Raises:
            UnknownKey: there is none that fits.
            Unavailable: the keys cannot be had now.
        """
        ...


def public_keys(jwks: object, *, is_strict: bool = False) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK set; keys of unknown types, for encryption or malformed ones are left out (§5).

    Args:
        jwks: decoded JSON.
        is_strict: refuse the whole set for a key that is symmetric or has private parts, instead of leaving it out.

    Raises:
        KeysRefused: it is no key set, too long, or `is_strict` and one key is not public.
    """
    entries = jwks.get("keys") if is_object(jwks) else None
    if not is_array(entries) or len(entries) > _MOST_KEYS:
        raise KeysRefused(f"A key set is an object with a list of at most {_MOST_KEYS} keys")
    if is_strict and any(not is_object(entry) or _is_secret(entry) for entry in entries):
        raise KeysRefused("The key set holds a symmetric or private key, which must never be published")
    found = (_public_key(entry) for entry in entries if is_object(entry) and not _is_secret(entry))
    return tuple(key for key in found if key is not None)


class FixedKeys:
    """Keys that came with a client's metadata.

    Raises:
        KeysRefused: one of them is not public.
    """

    def __init__(self, jwks: object) -> None:
        self._keys = public_keys(jwks, is_strict=True)

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key that a token names.

        Raises:
            UnknownKey: there is none that fits.
        """
        return _chosen(self._keys, kid, algorithm)


class RemoteKeys:
    """The keys behind a ``jwks_uri``, kept as long as its server says, between a minute and a day.

    A key that is not among them makes us look again, at most once in 30 seconds: keys rotate, and anybody can invent
    a ``kid``. An error is never kept: the next call tries again.
    """

    def __init__(self, fetch: SafeFetch, uri: str, *, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._uri = uri
        self._now = now
        self._keys: tuple[PublicKey, ...] = ()
        self._fresh_until = float("-inf")
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key that a token names.

        Raises:
            UnknownKey: there is none that fits.
            Unavailable: the keys cannot be had now.
        """
        if self._now() >= self._fresh_until:
            await self._look(lambda: self._now() >= self._fresh_until)
        try:
            return _chosen(self._keys, kid, algorithm)
        except UnknownKey:
            await self._look(lambda: self._now() >= self._looked_at + _SECONDS_BETWEEN_LOOKS)
        return _chosen(self._keys, kid, algorithm)

    async def _look(self, is_due: Callable[[], bool]) -> None:
        """Fetch the keys, unless somebody who looked at the same time has made it unnecessary."""
        async with self._looking:
            if not is_due():
                return
            try:
                fetched = await self._fetch.get(
                    self._uri, max_bytes=_MAX_BYTES, deadline_seconds=_DEADLINE_SECONDS, accept=_MEDIA_TYPES
                )
                if fetched.status != 200:  # noqa: PLR2004 - HTTP
                    raise KeysRefused("The server of the keys answers with an error")
                self._keys = public_keys(json.loads(fetched.body))
            except (FetchError, ValueError, RecursionError):
                raise Unavailable("The keys that verify this signature cannot be fetched now") from None
            self._looked_at = self._now()
            self._fresh_until = self._looked_at + _LIFETIME.of(fetched.headers)


def _chosen(keys: tuple[PublicKey, ...], kid: str | None, algorithm: str) -> PublicKey:
    fitting = [key for key in keys if algorithm in key.algorithms and kid in (None, key.kid)]
    # Without a kid only a single key is unmistakable (OpenID Connect Core §10.1)
    if not fitting or (kid is None and len(fitting) > 1):
        raise UnknownKey
    return fitting[0]


def _is_secret(entry: dict[str, Any]) -> bool:
    return entry.get("kty") == "oct" or not _PRIVATE_MEMBERS.isdisjoint(entry)


def _public_key(entry: dict[str, Any]) -> PublicKey | None:
    kid, algorithms = entry.get("kid"), _algorithms(entry)
    if not algorithms or not (kid is None or isinstance(kid, str)) or not _is_for_signatures(entry):
        return None
    # Only these members: what else the entry says cannot change how the key is used
    material = {name: entry[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in entry}
    try:
        return PublicKey(kid, algorithms, import_key(material)) if _is_sound(entry) else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _algorithms(entry: dict[str, Any]) -> frozenset[str]:
    """What a key may be used for: by its type and curve, and by its own word (RFC 7517 §4.4)."""
    key_type, curve, intended = (entry.get(name) for name in ("kty", "crv", "alg"))
    kind = (str(key_type), None if key_type == "RSA" else str(curve))
    algorithms = _ALGORITHMS.get(kind, frozenset[str]())
    return algorithms if intended is None else algorithms & {str(intended)}


def _is_sound(entry: dict[str, Any]) -> bool:
    """Whether an RSA modulus is long enough to be safe (RFC 7518 §3.3), and short enough to be cheap."""
    modulus = entry.get("n")
    return entry.get("kty") != "RSA" or (isinstance(modulus, str) and base64_to_int(modulus).bit_length() in _RSA_BITS)


def _is_for_signatures(entry: dict[str, Any]) -> bool:
    """RFC 7517 §4.2 and §4.3."""
    operations = entry.get("key_ops")
    return entry.get("use", "sig") == "sig" and (
        operations is None or (is_array(operations) and "verify" in operations)
    )
