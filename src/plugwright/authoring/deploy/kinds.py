"""The kinds of deployment: which files each consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plugwright.authoring.deploy.deployment import Deployment


class Kind(StrEnum):
    """What files are written for."""

    docker = "docker"
    compose = "compose"
    systemd = "systemd"
    nginx = "nginx"
    caddy = "caddy"
    kubernetes = "kubernetes"
    monitoring = "monitoring"


def _always(_: Deployment) -> bool:
    return True


def _has_database(it: Deployment) -> bool:
    return it.has_database


def _has_worker(it: Deployment) -> bool:
    return it.has_worker


def _has_worker_apart(it: Deployment) -> bool:
    return it.has_worker and it.choices.workers > 1  # one process does its queued work itself


@dataclass(frozen=True, slots=True)
class Template:
    """A file to be: the name of its template, its path in the project, and for which plugins there is one.

    ``is_verbatim``: it is no template at all, as its braces are those of its own tool.
    """

    source: str
    path: str
    is_wanted: Callable[[Deployment], bool] = _always
    is_verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of deployment.

    Args:
        templates: its files.
        base: a kind whose files it builds on, written along with it where they are not there yet.
        needs_domain: whether its files say where the plugin is reached.
        secrets: settings that are secret there, besides those of the plugin.
    """

    templates: tuple[Template, ...]
    base: Kind | None = None
    needs_domain: bool = True
    secrets: tuple[str, ...] = ()


RECIPES: Final[Mapping[Kind, Recipe]] = MappingProxyType(
    {
        Kind.docker: Recipe(
            (Template("docker/Dockerfile", "Dockerfile"), Template("docker/dockerignore", ".dockerignore")),
            needs_domain=False,
        ),
        Kind.compose: Recipe(
            (
                Template("compose/compose.yaml", "compose.yaml"),
                Template("caddy/Caddyfile", "deploy/compose/Caddyfile"),
            ),
            base=Kind.docker,
            secrets=("database_url",),
        ),
        Kind.systemd: Recipe(
            (
                Template("systemd/plugin.service", "deploy/systemd/{name}.service"),
                Template("systemd/worker.service", "deploy/systemd/{name}-worker.service", _has_worker_apart),
                Template("systemd/settings.env", "deploy/systemd/{name}.env"),
            )
        ),
        Kind.nginx: Recipe((Template("nginx/site.conf", "deploy/nginx/{name}.conf"),)),
        Kind.caddy: Recipe((Template("caddy/Caddyfile", "deploy/caddy/Caddyfile"),)),
        Kind.kubernetes: Recipe(
            (
                Template("kubernetes/settings.yaml", "deploy/kubernetes/settings.yaml"),
                Template("kubernetes/deployment.yaml", "deploy/kubernetes/deployment.yaml"),
                Template("kubernetes/worker.yaml", "deploy/kubernetes/worker.yaml", _has_worker),
                Template("kubernetes/migrate.yaml", "deploy/kubernetes/migrate.yaml", _has_database),
                Template("kubernetes/service.yaml", "deploy/kubernetes/service.yaml"),
                Template("kubernetes/ingress.yaml", "deploy/kubernetes/ingress.yaml"),
                Template("kubernetes/autoscaler.yaml", "deploy/kubernetes/autoscaler.yaml"),
                Template("kubernetes/disruption-budget.yaml", "deploy/kubernetes/disruption-budget.yaml"),
                Template("kubernetes/network-policy.yaml", "deploy/kubernetes/network-policy.yaml"),
            ),
            base=Kind.docker,
            secrets=("database_url", "valkey_url"),
        ),
        Kind.monitoring: Recipe(
            (
                Template("monitoring/prometheus.yaml", "deploy/monitoring/prometheus.yaml"),
                Template("monitoring/alerts.yaml", "deploy/monitoring/alerts.yaml", is_verbatim=True),
                Template("monitoring/dashboard.json", "deploy/monitoring/dashboard.json", is_verbatim=True),
            ),
            needs_domain=False,
        ),
    }
)
