"""``requestState``: what the server must remember between the rounds of one call, carried by the client, sealed.

The client is not trusted with it: AES-256-GCM, bound to the caller, the method, the target, the arguments and the
audience, and valid for ten minutes. Sealing does not make it single-use: an effect that must
happen once needs a record of its own.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from plugwright.principal import Principal
from plugwright.protocols.mcp.jsonrpc import INVALID_PARAMS, RpcError

_VERSION = "v1"
_LIFETIME = 600  # seconds
_NONCE = 12  # bytes


@dataclass(frozen=True, slots=True)
class State:
    """Answers of earlier rounds, raw, and what the handler asked to remember."""

    answers: Mapping[str, Any]
    remember: Mapping[str, Any]


class StateSealer:
    """Seals with the first secret, opens with any of them, so that secrets can be rotated."""

    def __init__(self, secret_texts: Sequence[str], *, audience: str, now: Callable[[], float]) -> None:
        self._keys = {
            _key_id(secret): sha256(b"plugwright request state " + secret.encode()).digest() for secret in secret_texts
        }
        self._newest = _key_id(secret_texts[0])
        self._audience = audience
        self._now = now

    def seal(
        self, state: State, *, method: str, target: str, arguments: Any, principal: Principal | None = None
    ) -> str:
        """The state as a text for the client to bring back."""
        content = {"exp": int(self._now()) + _LIFETIME, "a": dict(state.answers), "r": dict(state.remember)}
        nonce = secrets.token_bytes(_NONCE)
        sealed = _cipher(self._keys[self._newest]).encrypt(
            nonce, json.dumps(content).encode(), self._binding(method, target, arguments, principal)
        )
        return f"{_VERSION}.{self._newest}.{_encoded(nonce + sealed)}"

    def open(self, text: Any, *, method: str, target: str, arguments: Any, principal: Principal | None = None) -> State:
        """The state that a client brought back.

        Raises:
            RpcError: it is not ours, expired, or belongs to another call. The reason is not told.
        """
        refused = RpcError(INVALID_PARAMS, "Invalid or expired requestState")
        if not isinstance(text, str):
            raise refused
        version, _, rest = text.partition(".")
        key_id, _, payload = rest.partition(".")
        key = self._keys.get(key_id)
        if version != _VERSION or key is None:
            raise refused
        content = _unseal(key, payload, self._binding(method, target, arguments, principal))
        if content is None or content["exp"] < self._now():
            raise refused
        return State(content["a"], content["r"])

    def _binding(self, method: str, target: str, arguments: Any, principal: Principal | None) -> bytes:
        # Possession of a state proves nothing: only who began the call may go on with it.
        bound = arguments if principal is None else [arguments, principal.subject, principal.client]
        digest = sha256(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        return f"{_VERSION}\n{self._audience}\n{method}\n{target}\n{digest}".encode()


def _unseal(key: bytes, payload: str, binding: bytes) -> dict[str, Any] | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 see _cipher

    try:
        raw = base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True)
        if _encoded(raw) != payload:  # one text for one state
            return None
        return json.loads(_cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], binding))
    except (binascii.Error, ValueError, InvalidTag):
        return None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 6 MB that only plugins that ask questions need

    return AESGCM(key)


def _key_id(secret: str) -> str:
    return sha256(b"plugwright key id " + secret.encode()).hexdigest()[:8]
