"""Plugins of every kind, and their deployment files in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from plugwright import JwtIssuer, OAuth, OpenIdProvider, Plugin, ServiceKey, UserKey
from plugwright.authoring.deploy.choices import Choices
from plugwright.authoring.deploy.deployment import Deployment, deployment_of
from plugwright.authoring.deploy.kinds import Kind
from plugwright.authoring.deploy.project import Project
from plugwright.authoring.deploy.rendering import render
from plugwright.authoring.deploy.writing import write_files
from tests.operations.plugins import new_plugin

DOMAIN: Final = "weather.example.com"
SCOPES: Final = {"notes:read": "See your notes"}
ODD_WORDS: Final = {"name": "Water_Levels_", "title": "Pegelstände: 100 % \\", "version": "1.0.0+build.5"}
PROVIDER: Final = OpenIdProvider("https://login.example.com", "Example Corp")


def queued_plugin() -> Plugin:
    """A plugin whose only operation is queued."""
    plugin = new_plugin(name="queued")

    @plugin.operation(effect="write", open_world=False, background=True)
    def report() -> int:
        """Write a report."""
        return 1

    return plugin


PLUGINS: Final[Mapping[str, Callable[[], Plugin]]] = MappingProxyType(
    {
        "open": new_plugin,
        "queued": queued_plugin,
        "users": lambda: new_plugin(**ODD_WORDS, auth=OAuth(scopes=SCOPES)),
        "corporate": lambda: new_plugin(auth=OAuth(scopes=SCOPES, openid=PROVIDER, has_passwords=False)),
        "elsewhere": lambda: new_plugin(auth=OAuth(scopes=SCOPES, issuer=JwtIssuer("https://login.example.com", "x"))),
        "service": lambda: new_plugin(auth=ServiceKey()),
        "keys": lambda: new_plugin(auth=UserKey(scopes=SCOPES)),
    }
)


def deployment(which: str, **choices: Any) -> Deployment:
    """The deployment of one of the plugins."""
    return deployment_of(PLUGINS[which](), "weather:plugin", Choices(domain=DOMAIN, **choices))


def write(kind: Kind, which: str, folder: Path, **choices: Any) -> list[Path]:
    """Write the files of a kind of deployment of one of the plugins."""
    files = render(kind, deployment(which, **choices), Project(folder))
    return [folder / path for path in write_files(folder, files, force=False)]
