"""``securitySchemes`` of MCP tools, as ChatGPT reads them."""

from typing import Any

import pytest

from plugwright import OAuth, ServiceKey
from plugwright.auth.kinds import Auth
from plugwright.protocols.mcp.revisions import REVISIONS
from plugwright.protocols.mcp.tool_descriptors import tool_descriptor
from tests.web.plugins import new_plugin

OAUTH = OAuth(scopes={"a": "A", "b": "B"})
NOBODY = {"type": "noauth"}


@pytest.mark.parametrize("version", REVISIONS)
@pytest.mark.parametrize(
    ("auth", "said", "schemes"),
    [
        (None, {}, [NOBODY]),
        (OAUTH, {"public": True}, [NOBODY]),
        (OAUTH, {"scopes": ["a", "b"]}, [{"type": "oauth2", "scopes": ["a", "b"]}]),
        (OAUTH, {"scopes": ["a"], "public": True}, [NOBODY, {"type": "oauth2", "scopes": ["a"]}]),
        (ServiceKey(), {"public": True}, [NOBODY]),
    ],
    ids=str,
)
def test_a_tool_says_how_to_sign_in_and_says_it_again_in_its_meta(
    version: str, auth: Auth, said: dict[str, Any], schemes: list[Any]
):
    def do() -> int:
        return 1

    plugin = new_plugin(auth=auth)
    do.__doc__ = "Do it."
    plugin.operation(effect="read", open_world=False, **said)(do)
    tool = tool_descriptor(plugin.registry.operations["do"], REVISIONS[version])

    assert tool["securitySchemes"] == schemes
    assert tool["_meta"]["securitySchemes"] == schemes


def test_a_key_is_no_scheme_that_chatgpt_knows():
    def do() -> int:
        return 1

    do.__doc__ = "Do it."
    plugin = new_plugin(auth=ServiceKey())
    plugin.operation(effect="read", open_world=False)(do)
    tool = tool_descriptor(plugin.registry.operations["do"], REVISIONS["2026-07-28"])

    assert "securitySchemes" not in tool
    assert "_meta" not in tool
