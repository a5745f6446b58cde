"""Verifying a JSON Web Token of somebody else: its header, its signature, and the claims that every kind shares.

RFC 7515 and 7519 by joserfc, and the advice of RFC 8725: one algorithm that the key decides, keys only from where we
look for them (``jku``, ``x5u``, ``jwk`` and ``x5c`` are ignored), nothing critical that we do not understand.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry, decode

from plugwright.auth.jwks import ALGORITHMS, KeySource, PublicKey, UnknownKey
from plugwright.json_types import is_object

_LONGEST_TOKEN = 16_384
_LONGEST_KID = 512
_LATEST = 2**53  # beyond it, a number of JSON is not exact (RFC 8259 §6)
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # JSON can write them, databases cannot
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class TokenRefused(Exception):
    """The token is not valid. ``description`` is safe to show."""

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


@dataclass(frozen=True, slots=True)
class Expected:
    """What the claims of a token have to be.

    ``audiences``: one of them must be in ``aud``. ``required``: claims that must be there, besides iss, aud and exp.
    """

    issuer: str
    audiences: tuple[str, ...]
    required: tuple[str, ...] = ()
    leeway_seconds: int = 60


async def verify_signature(
    token: str, keys: KeySource, *, types: Collection[str | None], algorithms: Collection[str] = ALGORITHMS
) -> dict[str, Any]:
    """The claims of a token whose signature is right.

    Args:
        token: in compact form.
        keys: where its issuer's keys are.
        types: the values of ``typ`` that this kind of token may have, in lower case and without ``application/``.
        algorithms: narrower than what the keys allow, where its issuer has promised one.

    Raises:
        TokenRefused: it is malformed, of another type, or not signed by one of these keys.
        Unavailable: the keys cannot be had now.
    """
    header = _header(token)
    _check_header(header, types, algorithms)
    try:
        found = await keys.find(header.get("kid"), header["alg"])
    except UnknownKey:
        raise TokenRefused("The token is signed with a key that its issuer does not publish") from None
    try:
        return decode(token, found.key, registry=_OneKeyRegistry(found)).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefused("The signature of the token is not valid") from None


def check_claims(claims: dict[str, Any], expected: Expected, *, now: float) -> None:
    """Check issuer, audience, times and the form of the claims (RFC 7519 §4.1, RFC 8725 §3.8 and §3.9).

    Raises:
        TokenRefused: with the claim that is wrong.
    """
    options: dict[str, ClaimsOption] = {name: {"essential": True} for name in ("exp", *expected.required)}
    options["iss"] = {"essential": True, "value": expected.issuer}
    options["aud"] = {"essential": True, "values": list(expected.audiences)}
    if any(isinstance(value := claims.get(name), int | float) and value > _LATEST for name in ("exp", "nbf", "iat")):
        raise TokenRefused("The token names a time that is none")
    if any(isinstance(value, str) and _NO_TEXT.search(value) for value in claims.values()):
        raise TokenRefused("The token holds characters that are none")
    try:
        JWTClaimsRegistry(now=int(now), leeway=expected.leeway_seconds, **options).validate(claims)
    except JoseError as refused:
        raise TokenRefused(f"The token is refused: {refused.description}") from None


class _OneKeyRegistry(JWSRegistry):
    """Only the algorithms of one key, and any header, since none of its own accord can change what is done."""

    max_header_length = 8192

    def __init__(self, key: PublicKey) -> None:
        super().__init__(strict_check_header=False)
        self._key = key

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in self._key.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


def _header(token: str) -> dict[str, Any]:
    if len(token) > _LONGEST_TOKEN or not _COMPACT.fullmatch(token):
        raise TokenRefused("The token is not a signed JSON Web Token in compact form")
    encoded = token.split(".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        header = None
    if not is_object(header):
        raise TokenRefused("The header of the token is not a JSON object")
    return header


def _check_header(header: dict[str, Any], types: Collection[str | None], algorithms: Collection[str]) -> None:
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenRefused("The token is not signed with an asymmetric algorithm that is allowed here")
    # RFC 7515 §4.1.11: nothing critical is understood here; b64 is one of those (RFC 7797)
    if "crit" in header or "b64" in header:
        raise TokenRefused("The token demands extensions that are not understood")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _LONGEST_KID):
        raise TokenRefused("The key id of the token is not a text of reasonable length")
    if _type(header.get("typ")) not in types:
        raise TokenRefused("The token is of another type than is wanted here")


def _type(value: object) -> str | None:
    """RFC 7515 §4.1.9: case does not count, and the prefix may be left out."""
    return None if value is None else str(value).lower().removeprefix("application/")
