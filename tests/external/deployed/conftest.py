"""One deployment for all tests here: three replicas on PostgreSQL and Valkey, behind nginx and behind Caddy."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.databases import server_of
from tests.external import proxies
from tests.external.deployed.site import DOMAIN, NAME, Deployed, deployed
from tests.external.servers import free_port
from tests.valkey import ValkeyServer


@pytest.fixture(scope="package")
def caddy_ports() -> tuple[int, int]:
    """Where Caddy is; nginx has the ports of the public URL."""
    return free_port(), free_port()


@pytest.fixture(scope="package")
def replicas(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    running_valkey: ValkeyServer,
    caddy_ports: tuple[int, int],
) -> Generator[Deployed]:
    """The replicas, without a proxy."""
    folder = tmp_path_factory.mktemp("deployed")
    settings = {
        "PLUGWRIGHT_VALKEY_URL": running_valkey.url,
        "PLUGWRIGHT_ALLOWED_HOSTS": f"{DOMAIN}:{caddy_ports[0]}",
        "PLUGWRIGHT_DRAIN_DELAY": "0",  # at the end of the tests nobody looks at readiness
    }
    with server_of(request.config).database() as url, deployed(folder, url, settings) as site:
        yield site


@pytest.fixture(scope="package")
def site(replicas: Deployed) -> Generator[Deployed]:
    """The replicas behind nginx."""
    replicas.generate("nginx")
    with proxies.nginx(replicas.folder / f"deploy/nginx/{NAME}.conf", replicas.folder, replicas.https_port):
        yield replicas


@pytest.fixture(scope="package")
def behind_caddy(replicas: Deployed, caddy_ports: tuple[int, int]) -> Generator[Deployed]:
    """The replicas behind Caddy."""
    behind = replicas.behind(caddy_ports)
    behind.generate("caddy")
    with proxies.caddy(behind.folder / "deploy/caddy/Caddyfile", behind.folder, behind.https_port):
        yield behind


@pytest.fixture(params=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest) -> Deployed:
    """The replicas behind each proxy in turn."""
    return request.getfixturevalue("site" if request.param == "nginx" else "behind_caddy")
