"""The resource server: the gates of a plugin, which share what they know of its callers (RFC 6750, RFC 9728)."""

from collections.abc import Callable, Mapping, Sequence

from plugwright.auth.challenge import Challenger
from plugwright.auth.gate import Gate
from plugwright.auth.kinds import Auth, OAuth
from plugwright.auth.remembered import Remembered
from plugwright.auth.rules import scopes_in_use
from plugwright.auth.verifiers import Verifier
from plugwright.operations.access import Access


class ResourceServer:
    """Makes the gates of one plugin.

    Args:
        auth: the plugin's kind of authentication.
        verifier: verifies its tokens; absent when there are none.
        name: the plugin's name, the realm of its keys.
        public_url: where it is reached.
        now: the time, in seconds since the epoch.
    """

    def __init__(
        self, auth: Auth, verifier: Verifier | None, *, name: str, public_url: str, now: Callable[[], float]
    ) -> None:
        self._auth = auth
        self._verifier = verifier
        self._remembered = Remembered(now=now)
        if isinstance(auth, OAuth):
            self._challenger = Challenger(metadata_url=metadata_url(public_url))
        else:
            self._challenger = Challenger(realm=name)

    def gate(self, access: Access) -> Gate | None:
        """The gate of one operation; none where nobody asks who calls."""
        if self._verifier is None or access.is_open:
            return None
        return Gate(access, self._verifier, self._remembered, self._challenger)

    def gates(self, accesses: Mapping[str, Access]) -> dict[str, Gate]:
        """The gates by operation, of those that have one."""
        found = {name: self.gate(access) for name, access in accesses.items()}
        return {name: gate for name, gate in found.items() if gate is not None}

    def front(self, accesses: Sequence[Access]) -> Gate | None:
        """The gate before everything, where nothing is public: any valid token passes, whatever its scopes.

        A plugin that has only resources and prompts has it too.
        """
        if self._verifier is None or any(access.is_public for access in accesses):
            return None
        needed = Access("oauth" if isinstance(self._auth, OAuth) else "key", is_public=False)
        named = scopes_in_use(self._auth, accesses)
        return Gate(needed, self._verifier, self._remembered, self._challenger, named=named)

    def forget(self) -> None:
        """Forget every caller, because a token was revoked in this process."""
        self._remembered.forget()


def metadata_url(public_url: str) -> str:
    """Where the metadata of the resource ``{public_url}/mcp`` is (RFC 9728 §3.1)."""
    return f"{public_url}/.well-known/oauth-protected-resource/mcp"


def resources(public_url: str) -> frozenset[str]:
    """The identifiers of the resource (RFC 8707 §2): that of MCP, and the root, also as URL libraries write it."""
    return frozenset({f"{public_url}/mcp", public_url, f"{public_url}/"})
