"""Who may call an operation: what an author says, and what is refused at start-up."""

from collections.abc import Callable
from typing import Any

import pytest

from plugwright import OAuth, Plugin, ServiceKey, SetupError, UserKey
from plugwright.auth.kinds import Auth
from plugwright.operations.access import Access
from tests.operations.plugins import new_plugin

OAUTH = OAuth(scopes={"places:read": "See your places", "places:write": "Save places"})
KEYS = UserKey(scopes={"places:read": "See your places"})


def save_place(place: str) -> bool:
    """Save a place."""
    return bool(place)


def registered(auth: Auth, function: Callable[..., Any] = save_place, **said: Any) -> Access:
    plugin: Plugin = new_plugin(auth=auth)
    plugin.operation(effect="write", open_world=False, **said)(function)
    return plugin.registry.operations["save_place"].access


@pytest.mark.parametrize(
    ("auth", "said", "access"),
    [
        (None, {}, Access("none", is_public=True)),
        (None, {"public": True}, Access("none", is_public=True)),
        (OAUTH, {"public": True}, Access("oauth", is_public=True)),
        (OAUTH, {"scopes": ["places:read"]}, Access("oauth", is_public=False, scopes=("places:read",))),
        (
            OAUTH,
            {"scopes": ["places:write", "places:read", "places:write"]},
            Access("oauth", is_public=False, scopes=("places:write", "places:read")),
        ),
        (
            OAUTH,
            {"scopes": ["places:read"], "public": True},
            Access("oauth", is_public=True, scopes=("places:read",)),
        ),
        (ServiceKey(), {}, Access("key", is_public=False)),
        (ServiceKey(), {"public": True}, Access("key", is_public=True)),
        (KEYS, {}, Access("key", is_public=False)),
        (KEYS, {"scopes": ["places:read"]}, Access("key", is_public=False, scopes=("places:read",))),
    ],
    ids=str,
)
def test_what_an_author_says_gives_who_may_call(auth: Auth, said: dict[str, Any], access: Access):
    assert registered(auth, **said) == access


@pytest.mark.parametrize(
    ("auth", "said", "mend"),
    [
        (OAUTH, {}, "scopes=.* or public=True"),
        (OAUTH, {"public": False}, "scopes=.* or public=True"),
        (OAUTH, {"scopes": ["places:raed"]}, "'places:raed' does not exist.*places:read, places:write"),
        (OAUTH, {"scopes": "places:read"}, r"must be a list, such as \['places:read'\]"),
        (OAUTH, {"public": "yes"}, "True or False"),
        (None, {"scopes": ["places:read"]}, "auth=OAuth"),
        (None, {"public": False}, "auth"),
        (ServiceKey(), {"scopes": ["places:read"]}, "knows no scopes"),
        (KEYS, {"scopes": ["other"]}, "has places:read"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_plugin_is_refused_with_the_function_and_the_mend(
    auth: Auth, said: dict[str, Any], mend: str
):
    with pytest.raises(SetupError, match=f"save_place: .*{mend}"):
        registered(auth, **said)
