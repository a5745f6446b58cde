"""What an author may say about sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from plugwright import OAuth, Scope, SetupError, UserKey

SCOPES: dict[str, Any] = {"scopes": {"notes": "See your notes"}}


@pytest.mark.parametrize("kind", [OAuth, UserKey])
@pytest.mark.parametrize("name", ["", 'a"b', "two words", "é", "openid", "offline_access", "a" * 101])
def test_a_scope_name_that_no_header_can_carry_is_refused(kind: Any, name: str) -> None:
    with pytest.raises(SetupError, match=f"{kind.__name__}: scope"):
        kind(scopes={name: "Something"})


@pytest.mark.parametrize("kind", [OAuth, UserKey])
def test_a_scope_needs_words_for_people(kind: Any) -> None:
    with pytest.raises(SetupError, match="needs a description"):
        kind(scopes={"notes": Scope(" ")})


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ({"scopes": {}}, "scopes is empty"),
        ({"color": "blue"}, "#rrggbb"),
        ({"access_ttl": "1 hour"}, "access_ttl"),
        ({"has_passwords": False}, "nobody could sign in"),
    ],
)
def test_what_cannot_work_is_refused_with_the_mend(given: dict[str, Any], mend: str) -> None:
    with pytest.raises(SetupError, match=mend):
        OAuth(**(SCOPES | given))
