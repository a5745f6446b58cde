"""Clients that are known beforehand: where they redirect to, how they authenticate, and what their protocol lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from plugwright.auth.server.client_authentication import BASIC, NONE, POST, PRIVATE_KEY_JWT


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What a client of a kind is like. ``auth_methods``: those that it knows, the usual one first."""

    name: str
    redirect_uris: tuple[str, ...] = ()
    redirect_templates: tuple[str, ...] = ()
    onward_origins: tuple[str, ...] = ()
    auth_methods: tuple[str, ...]
    requires_pkce: bool = True
    takes_json: bool = False


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        # a plugin of today whose client id and secret are typed into the portal
        "chatgpt": Preset(
            name="ChatGPT",
            redirect_uris=(
                "https://chatgpt.com/connector_platform_oauth_redirect",
                "https://platform.openai.com/apps-manage/oauth",
            ),
            redirect_templates=("https://chatgpt.com/connector/oauth/{id}",),
            auth_methods=(POST, BASIC, PRIVATE_KEY_JWT, NONE),
        ),
        # a plugin of 2023; its id is only known from its first request
        "chatgpt-legacy": Preset(
            name="ChatGPT",
            redirect_templates=(
                "https://chat.openai.com/aip/{id}/oauth/callback",
                "https://chatgpt.com/aip/{id}/oauth/callback",
            ),
            onward_origins=("https://chatgpt.com",),  # the old host sends browsers to the new one
            auth_methods=(POST,),
            requires_pkce=False,
            takes_json=True,
        ),
        "gpt-action": Preset(
            name="ChatGPT",
            redirect_templates=(
                "https://chatgpt.com/aip/{id}/oauth/callback",
                "https://chat.openai.com/aip/{id}/oauth/callback",
            ),
            onward_origins=("https://chatgpt.com",),
            auth_methods=(POST, BASIC),
            requires_pkce=False,
            takes_json=True,
        ),
        "codex": Preset(
            name="Codex",
            redirect_uris=("http://127.0.0.1/callback",),  # with any port (RFC 8252 §7.3)
            auth_methods=(NONE,),
        ),
    }
)

ANY_CLIENT = Preset(name="", auth_methods=(BASIC, POST, PRIVATE_KEY_JWT, NONE))
"""A client of which nothing is known beforehand."""
