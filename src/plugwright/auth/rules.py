"""What each kind of authentication lets an operation say about who may call it."""

from collections.abc import Sequence

from plugwright.auth.kinds import Auth, OAuth, ServiceKey
from plugwright.operations.access import NO_SIGN_IN, Access, AccessRules


def access_rules(auth: Auth) -> AccessRules:
    """The rules of one kind.

    With OAuth an operation that says nothing is refused: who may call it is never a guess. With keys it is protected.
    """
    if auth is None:
        return NO_SIGN_IN
    if isinstance(auth, OAuth):
        return AccessRules("oauth", frozenset(auth.described), must_say=True)
    return AccessRules("key", frozenset() if isinstance(auth, ServiceKey) else frozenset(auth.scopes))


def scopes_in_use(auth: Auth, accesses: Sequence[Access]) -> tuple[str, ...]:
    """The scopes that some operation needs, in the order in which the author declared them."""
    needed = {scope for access in accesses for scope in access.scopes}
    declared = () if auth is None or isinstance(auth, ServiceKey) else auth.scopes
    return tuple(scope for scope in declared if scope in needed)
