"""What the steps of a random sequence are given: which of several, how, and how long after."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from tests.auth.server.flows import SCOPES

ItemT = TypeVar("ItemT")


def mostly(rare: ItemT, usual: ItemT) -> st.SearchStrategy[ItemT]:
    """The one value three times as often as the other."""
    return st.sampled_from([usual, usual, usual, rare])


WHICH: Final = st.integers(0, 5)  # of several, the latest first, so that what is new is used most
Which = tuple[bool, int]
"""Of several: whether any may be meant or only a useful one, and the place."""
FAMILY: Final = st.tuples(mostly(True, False), WHICH)
MINUTE, HOUR, DAY = 60, 3600, 86_400
JUMPS: Final = st.sampled_from(4 * (1, 5, 9, 10, 11, MINUTE) + (10 * MINUTE, HOUR, 13 * HOUR, DAY, 31 * DAY, 365 * DAY))
AGAIN: Final = st.none() | st.sampled_from((0, 9, 10, 11))
ALL_SCOPES: Final = frozenset(SCOPES)
ANY_SCOPES: Final = st.sets(st.sampled_from(sorted(SCOPES)), min_size=1).map(frozenset[str])
SOME_SCOPE: Final = st.sets(st.sampled_from(sorted(SCOPES)), max_size=1).map(frozenset[str])


GIVEN: Final[dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "walk": st.fixed_dictionaries(
        {"person": WHICH, "client": WHICH, "scopes": ANY_SCOPES, "user": WHICH, "unselected": SOME_SCOPE}
    ),
    "authorize": st.fixed_dictionaries(
        {"person": WHICH, "client": WHICH, "scopes": ANY_SCOPES, "is_alias": mostly(True, False)}
    ),
    "sign_in": st.fixed_dictionaries({"user": WHICH, "is_right": mostly(False, True)}),
    "consent": st.fixed_dictionaries(
        {"unselected": SOME_SCOPE, "is_allowed": mostly(False, True), "is_kept": st.booleans()}
    ),
    "exchange": st.fixed_dictionaries(
        {
            "family": FAMILY,
            "how": mostly("verifier", "right")
            | st.sampled_from(["right", "redirect", "no redirect", "client", "resource"]),
            "other": WHICH,
            "again": AGAIN,
        }
    ),
    "refresh": st.fixed_dictionaries(
        {
            "family": FAMILY,
            "token": mostly(1, 0),
            "how": mostly("client", "right") | st.sampled_from(["right", "resource"]),
            "scopes": st.none() | ANY_SCOPES,
            "other": WHICH,
            "again": AGAIN,
        }
    ),
    "call": st.fixed_dictionaries({"family": FAMILY, "token": WHICH, "writes": st.booleans()}),
    "revoke": st.fixed_dictionaries(
        {"family": FAMILY, "token": WHICH, "client": WHICH, "is_refresh": st.booleans(), "is_own": st.booleans()}
    ),
    "manage": st.fixed_dictionaries(
        {"which": WHICH, "what": st.sampled_from(["register", "password", "disable", "enable", "enable"])}
    ),
    "advance": st.fixed_dictionaries({"seconds": JUMPS, "sweeps": st.booleans()}),
}
"""What each step is given."""
