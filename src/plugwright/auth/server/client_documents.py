"""Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document-01): a client whose id is a URL.

The document behind the URL says what the client is. A stranger names it, so it comes through the safe fetch, small and
within one deadline (§6.5, §6.6), and everything in it is checked. Errors and malformed documents are never kept.
"""

import hashlib
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from plugwright.auth.jwks import ALGORITHMS, KeysRefused, public_keys
from plugwright.auth.server.client_authentication import NONE, PRIVATE_KEY_JWT
from plugwright.auth.server.redirects import RedirectRefused, check_redirect_uri
from plugwright.errors import Unavailable
from plugwright.json_types import is_array, is_object
from plugwright.upstream.freshness import Lifetime
from plugwright.upstream.safe_fetch import FetchError, FetchFailed, SafeFetch

# In the order of preference where the document leaves the choice to us
METHODS = (PRIVATE_KEY_JWT, NONE)
_MAX_BYTES = 5_120
_DEADLINE_SECONDS = 5.0
_LIFETIME = Lifetime(shortest=60.0, longest=86_400.0, usual=3_600.0)
_STALE_SECONDS = 86_400.0
_MOST_KEPT = 1_000
_MOST_REDIRECTS = 20
_LONGEST_NAME = 200
_LONGEST_ID = 512
# JSON can write NUL and halves of characters; databases do not take them
_NO_TEXT = re.compile(r"[\ud800-\udfff]|\\u0000")
_OK = 200
_SERVER_ERRORS = 500


class DocumentRefused(Exception):
    """The client id or its document is against the rules. The message is safe to show."""


@dataclass(frozen=True, slots=True)
class ClientDocument:
    """What a document says of its client.

    ``digest`` changes with the redirect URIs, the keys and the method: then what the user allowed is asked for anew
    (§6.3). ``client_uri`` is None unless it is on the host of the client id.
    """

    client_id: str
    client_name: str
    client_uri: str | None
    redirect_uris: tuple[str, ...]
    auth_method: str
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    signing_alg: str | None
    digest: str


class ClientDocuments:
    """Fetches client documents, and keeps them as long as their server says, between a minute and a day."""

    def __init__(self, fetch: SafeFetch, *, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._kept: OrderedDict[str, tuple[float, ClientDocument]] = OrderedDict()

    def handles(self, client_id: str) -> bool:
        """Whether a client id is a URL, and so has a document; which URLs are good is told by `load`."""
        return self._fetch.may_allow(client_id)

    async def load(self, client_id: str) -> ClientDocument:
        """The document of a client.

        Raises:
            DocumentRefused: the client id or the document is against the rules.
            Unavailable: the document cannot be had now.
        """
        kept = self._kept.get(client_id)
        if kept is not None and self._now() < kept[0]:
            self._kept.move_to_end(client_id)
            return kept[1]
        try:
            document, fresh_for = await self._fetched(client_id)
        except Unavailable:
            # A known client does not stay away because its server, or a crowd of strangers, does (RFC 9111 §4.2.4).
            if kept is not None and self._now() < kept[0] + _STALE_SECONDS:
                return kept[1]
            raise
        self._keep(document, self._now() + fresh_for)
        return document

    async def _fetched(self, client_id: str) -> tuple[ClientDocument, float]:
        """A document as it is now, and for how many seconds it is fresh."""
        self._check_id(client_id)
        try:
            fetched = await self._fetch.get(client_id, max_bytes=_MAX_BYTES, deadline_seconds=_DEADLINE_SECONDS)
        except FetchFailed as failed:
            raise Unavailable(f"The client's metadata document cannot be fetched. {failed}") from None
        except FetchError as refused:
            raise DocumentRefused(f"The client's metadata document is not fetched. {refused}") from None
        if fetched.status >= _SERVER_ERRORS:
            raise Unavailable(f"The client's metadata document is answered with status {fetched.status}")
        if fetched.status != _OK:
            raise DocumentRefused(f"The client's metadata document is answered with status {fetched.status}")
        return self._read(client_id, fetched.body), _LIFETIME.of(fetched.headers)

    def _check_id(self, client_id: str) -> None:
        """§3: what the safe fetch allows, with a path and (stricter than the draft's SHOULD NOT) without a query."""
        try:
            self._fetch.check(client_id)
        except FetchError as refused:
            raise DocumentRefused(f"The client id cannot be used. {refused}") from None
        if "?" in client_id or not urlsplit(client_id).path or len(client_id) > _LONGEST_ID:
            raise DocumentRefused("A client id that is a URL has a path, no query, and at most 512 characters")

    def _read(self, client_id: str, body: bytes) -> ClientDocument:
        try:
            members = json.loads(body)
            is_text = _NO_TEXT.search(json.dumps(members, ensure_ascii=False)) is None
        except (ValueError, RecursionError):
            members, is_text = None, False
        if not is_object(members) or not is_text:
            raise DocumentRefused("The client's metadata document is not a JSON object of plain text")
        document = read_document(client_id, members)
        if document.jwks_uri is not None:
            try:
                self._fetch.check(document.jwks_uri)
            except FetchError as refused:
                raise DocumentRefused(f"The jwks_uri cannot be used. {refused}") from None
        return document

    def _keep(self, document: ClientDocument, until: float) -> None:
        self._kept[document.client_id] = (until, document)
        self._kept.move_to_end(document.client_id)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def read_document(client_id: str, members: dict[str, Any]) -> ClientDocument:
    """Check a document (§4, §4.1).

    Raises:
        DocumentRefused: with the member that is wrong.
    """
    if members.get("client_id") != client_id:
        raise DocumentRefused("client_id in the document is not the URL of the document")
    if "client_secret" in members or "client_secret_expires_at" in members:
        raise DocumentRefused("A client with a metadata document cannot have a client_secret")
    _check_contains(members, "grant_types", "authorization_code")
    _check_contains(members, "response_types", "code")
    redirect_uris = _redirect_uris(members)
    jwks, jwks_uri = _keys(members)
    auth_method = _auth_method(members, has_keys=jwks is not None or jwks_uri is not None)
    signing_alg = _signing_alg(members)
    trusted = [sorted(redirect_uris), auth_method, jwks, jwks_uri, signing_alg]
    return ClientDocument(
        client_id=client_id,
        client_name=_client_name(members, client_id),
        client_uri=_client_uri(members, client_id),
        redirect_uris=redirect_uris,
        auth_method=auth_method,
        jwks=jwks,
        jwks_uri=jwks_uri,
        signing_alg=signing_alg,
        digest=hashlib.sha256(json.dumps(trusted, sort_keys=True).encode()).hexdigest(),
    )


def _check_contains(members: dict[str, Any], name: str, needed: str) -> None:
    value = members.get(name, [needed])
    if not is_array(value) or needed not in value:
        raise DocumentRefused(f"{name} does not contain {needed}")


def _redirect_uris(members: dict[str, Any]) -> tuple[str, ...]:
    uris = members.get("redirect_uris")
    if not is_array(uris) or not 1 <= len(uris) <= _MOST_REDIRECTS:
        raise DocumentRefused(f"redirect_uris is not a list of 1 to {_MOST_REDIRECTS} URIs")
    for uri in uris:
        try:
            check_redirect_uri(uri if isinstance(uri, str) else "")
        except RedirectRefused as refused:
            raise DocumentRefused(f"A redirect URI is refused: {refused}") from None
    return tuple(dict.fromkeys(uris))


def _keys(members: dict[str, Any]) -> tuple[Mapping[str, Any] | None, str | None]:
    """RFC 7591 §2: by value or by reference, not both; public ones only."""
    jwks, jwks_uri = members.get("jwks"), members.get("jwks_uri")
    if jwks is not None and jwks_uri is not None:
        raise DocumentRefused("jwks and jwks_uri are both given; use one")
    if jwks_uri is not None and not isinstance(jwks_uri, str):
        raise DocumentRefused("jwks_uri is not a text")
    if jwks is not None:
        try:
            keys = public_keys(jwks, is_strict=True)
        except KeysRefused as refused:
            raise DocumentRefused(f"jwks is refused: {refused}") from None
        if not keys:
            raise DocumentRefused("jwks holds no key that can verify a signature")
    return jwks, jwks_uri


def _auth_method(members: dict[str, Any], *, has_keys: bool) -> str:
    """Of the methods that both sides support, the one that the document names; another one is refused.

    A document that names none is of a public client, unless it publishes keys: RFC 7591's default is a shared secret,
    which cannot be agreed on here.
    """
    usable = METHODS if has_keys else (NONE,)
    named = members.get("token_endpoint_auth_method")
    offered = members.get("token_endpoint_auth_methods_supported", [named] if named is not None else list(usable))
    common = [method for method in usable if is_array(offered) and method in offered]
    chosen = named if named is not None else next(iter(common), None)
    if chosen not in common:
        raise DocumentRefused("The client's authentication is not none, or private_key_jwt with its keys")
    return str(chosen)


def _signing_alg(members: dict[str, Any]) -> str | None:
    algorithm = members.get("token_endpoint_auth_signing_alg")
    if algorithm is None or (isinstance(algorithm, str) and algorithm in ALGORITHMS):
        return algorithm
    raise DocumentRefused("token_endpoint_auth_signing_alg is not an asymmetric algorithm")


def _client_name(members: dict[str, Any], client_id: str) -> str:
    name = members.get("client_name")
    if name is None:
        return urlsplit(client_id).netloc
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise DocumentRefused(f"client_name is not a text of 1 to {_LONGEST_NAME} printable characters")
    return name.strip()


def _client_uri(members: dict[str, Any], client_id: str) -> str | None:
    uri = members.get("client_uri")
    if not isinstance(uri, str) or len(uri) > _LONGEST_ID:
        return None
    own = urlsplit(client_id)
    origin = f"{own.scheme}://{own.netloc}"
    is_own = (uri == origin or uri.startswith(f"{origin}/")) and uri.isascii() and uri.isprintable() and " " not in uri
    return uri if is_own else None
