"""What deployment files are filled with: facts of the plugin, and what its author chose."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plugwright.auth.kinds import Auth, OAuth, ServiceKey
from plugwright.auth.production import has_manifest, production_problems
from plugwright.authoring.deploy.choices import HTTPS_PORT, METRICS_PORT, REPLICA_PORT, Choices, check_choices
from plugwright.authoring.deploy.secrets import Secret
from plugwright.plugin import Plugin
from plugwright.settings import Settings

_PORTS: Final = 50_000
_WORKERS_APART: Final = 1000


@dataclass(frozen=True, slots=True)
class Deployment:
    """A plugin and its place. The templates call it ``it``."""

    name: str
    title: str
    version: str
    target: str
    choices: Choices
    secrets: tuple[Secret, ...]
    has_database: bool
    has_accounts: bool
    has_worker: bool
    hides_manifest: bool

    @property
    def host(self) -> str:
        """The host of its URL, with the port if that is not the usual one."""
        port = "" if self.choices.https_port == HTTPS_PORT else f":{self.choices.https_port}"
        return f"{self.choices.domain}{port}"

    @property
    def public_url(self) -> str:
        """Where users reach it."""
        return f"https://{self.host}"

    @property
    def python(self) -> str:
        """The Python that it was written with, as images are named."""
        return f"{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def image(self) -> str:
        """The container image."""
        return self.choices.image or f"{self.name}:{self.version.replace('+', '-')}"

    @property
    def directory(self) -> str:
        """Where the project lies on a server."""
        return self.choices.directory or f"/opt/{self.name}"

    @property
    def metrics_port(self) -> int:
        """Where its figures are: 9464 for a replica on port 8000, and apart for every replica of a machine."""
        return METRICS_PORT + (self.choices.port - REPLICA_PORT) % _PORTS

    @property
    def worker_metrics_port(self) -> int:
        """The same of the worker on that machine."""
        return self.metrics_port + _WORKERS_APART

    @property
    def upstreams(self) -> tuple[str, ...]:
        """Where a proxy finds the replicas."""
        return self.choices.upstreams or (f"127.0.0.1:{self.choices.port}",)

    @property
    def certificate(self) -> tuple[str, str]:
        """Certificate and key for nginx; certbot's if none are given."""
        place = f"/etc/letsencrypt/live/{self.choices.domain}"
        return self.choices.certificate or (f"{place}/fullchain.pem", f"{place}/privkey.pem")

    def settings(self, *, replicas: int) -> Mapping[str, str]:
        """The settings that are no secrets, for so many replicas."""
        workers = self.choices.workers
        found = {
            "PLUGWRIGHT_ENVIRONMENT": "production",
            "PLUGWRIGHT_PUBLIC_URL": self.public_url,
            "PLUGWRIGHT_TRUSTED_PROXY_HOPS": "1",
            "PLUGWRIGHT_PROCESSES": str(replicas * workers),
        }
        if workers > 1:
            found["PLUGWRIGHT_WORKERS"] = str(workers)
        if self.hides_manifest:
            found["PLUGWRIGHT_LEGACY_MANIFEST"] = "false"
        return found


def deployment_of(plugin: Plugin, target: str, choices: Choices) -> Deployment:
    """The plugin's deployment, by what it needs in production.

    Raises:
        SetupError: a choice cannot be written into a file; the message names it.
    """
    check_choices(choices)
    auth = plugin.auth
    needed = _needed(plugin, choices)
    return Deployment(
        name=plugin.identity.name.lower().replace("_", "-").strip("-"),
        title=_one_line(plugin.identity.title),
        version=plugin.identity.version,
        target=target,
        choices=choices,
        secrets=tuple(Secret(field) for field in ("secret", *needed) if field != "database_url"),
        has_database="database_url" in needed,
        has_accounts=_has_accounts(auth),
        has_worker=any(operation.is_background for operation in plugin.registry.operations.values()),
        # In production it would need a token of ChatGPT's that plugins of today are not given.
        hides_manifest=isinstance(auth, OAuth | ServiceKey) and has_manifest(auth),
    )


def _one_line(title: str) -> str:
    # It stands in comments, where only the end of a line could mean anything.
    return " ".join(title.replace("\\", "/").split())


def _has_accounts(auth: Auth) -> bool:
    if not isinstance(auth, OAuth) or auth.issuer is not None:
        return False
    return auth.has_passwords and auth.authenticate is None


def _needed(plugin: Plugin, choices: Choices) -> list[str]:
    # What production would refuse to start without, had it nothing but a secret and its URL.
    bare = Settings.model_construct(
        {"environment", "public_url"},
        environment="production",
        public_url=f"https://{choices.domain}",
        legacy_manifest=False,
    )
    return list(dict.fromkeys(field for field, _ in production_problems(bare, plugin.needs, choices.workers)))
