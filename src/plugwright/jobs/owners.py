"""Whose a job is, and what of a principal is stored with it: who they are and what they were allowed, no token."""

import json
from hashlib import sha256

from plugwright.principal import Principal


def owner_of(principal: Principal | None) -> bytes | None:
    """What stands for the user, whichever client acts for them; nothing for nobody in particular."""
    if principal is None or not principal.subject:
        return None
    return sha256(principal.subject.encode("utf-8", "surrogatepass")).digest()


def stored(principal: Principal | None) -> bytes | None:
    """A principal as it is stored. ASCII, since a subject from elsewhere may hold what is no UTF-8."""
    if principal is None:
        return None
    return json.dumps([principal.subject, principal.client, sorted(principal.scopes)]).encode()


def restored(text: bytes | None) -> Principal | None:
    """The principal that was stored."""
    if text is None:
        return None
    subject, client, scopes = json.loads(text)
    return Principal(subject, client, frozenset(scopes))
