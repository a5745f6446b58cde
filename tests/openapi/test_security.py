"""Who may call, as the OpenAPI documents say it."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from plugwright import IntrospectionIssuer, JwtIssuer, OAuth, Plugin, ServiceKey, UserKey
from plugwright.auth.kinds import Auth
from plugwright.protocols.openapi.document import openapi, openapi_30
from tests.web.plugins import new_plugin

OAUTH = OAuth(scopes={"places:read": "See your places", "places:write": "Save places"})
URL = "https://p.example"


def plugin_with(auth: Auth, **access: dict[str, Any]) -> Plugin:
    """A plugin with one operation for each way to say who may call it."""
    plugin = new_plugin(auth=auth)
    for name, said in access.items():

        async def function() -> int:
            """Count."""
            return 1

        plugin.operation(effect="read", open_world=False, name=name, path=f"/{name}", **said)(function)
    return plugin


def documents_of(plugin: Plugin) -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents in both versions, valid."""
    current = openapi(plugin.identity, plugin.registry.operations.values(), URL, plugin.auth)
    old = openapi_30(current)
    OpenAPIV31SpecValidator(current).validate()
    OpenAPIV30SpecValidator(old).validate()
    return current, old


def test_every_operation_says_whether_it_needs_sign_in_may_take_it_or_never_looks():
    plugin = plugin_with(
        OAUTH,
        open={"public": True},
        needed={"scopes": ["places:read", "places:write"]},
        optional={"scopes": ["places:read"], "public": True},
    )
    for document in documents_of(plugin):
        found = {path: item["get"]["security"] for path, item in document["paths"].items()}
        assert found == {
            "/open": [],
            "/needed": [{"oauth2": ["places:read", "places:write"]}],
            "/optional": [{}, {"oauth2": ["places:read"]}],
        }


def test_the_scheme_of_the_own_authorization_server_is_complete():
    for document in documents_of(plugin_with(OAUTH, open={"public": True})):
        assert document["components"]["securitySchemes"] == {
            "oauth2": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": f"{URL}/oauth/authorize",
                        "tokenUrl": f"{URL}/oauth/token",
                        "refreshUrl": f"{URL}/oauth/token",
                        "scopes": {"places:read": "See your places", "places:write": "Save places"},
                    }
                },
            }
        }


@pytest.mark.parametrize("auth", [ServiceKey(), UserKey()], ids=lambda auth: type(auth).__name__)
def test_a_key_is_a_bearer_of_http(auth: Auth):
    for document in documents_of(plugin_with(auth, needed={}, open={"public": True})):
        scheme = document["components"]["securitySchemes"]["key"]
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
        assert document["paths"]["/needed"]["get"]["security"] == [{"key": []}]
        assert document["paths"]["/open"]["get"]["security"] == []


@pytest.mark.parametrize(
    "issuer", [JwtIssuer("https://as.example/", "aud"), IntrospectionIssuer("https://as.example", "aud", "https://a.b")]
)
def test_of_another_authorization_server_the_metadata_is_named(issuer: JwtIssuer | IntrospectionIssuer):
    auth = OAuth(scopes={"a": "A"}, issuer=issuer)
    for document in documents_of(plugin_with(auth, needed={"scopes": ["a"]})):
        scheme = document["components"]["securitySchemes"]["oauth2"]
        assert scheme["type"] == "openIdConnect"
        assert scheme["openIdConnectUrl"] == "https://as.example/.well-known/openid-configuration"


def test_the_refusals_of_an_operation_are_described_with_their_challenge():
    current, _ = documents_of(
        plugin_with(
            OAUTH,
            open={"public": True},
            needed={"scopes": ["places:read"]},
            optional={"scopes": ["places:read"], "public": True},
        )
    )
    replies = {path: item["get"]["responses"] for path, item in current["paths"].items()}

    assert {path: {"401", "403"} & set(found) for path, found in replies.items()} == {
        "/open": set(),
        "/needed": {"401", "403"},
        "/optional": {"401"},
    }
    assert list(replies["/needed"]["401"]["headers"]) == ["WWW-Authenticate"]


def test_a_plugin_without_sign_in_says_nothing_of_it():
    current, _ = documents_of(plugin_with(None, open={}))

    assert "securitySchemes" not in current["components"]
    assert "security" not in current["paths"]["/open"]["get"]
