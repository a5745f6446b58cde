"""The official suite's scenarios for authorization servers against a served plugin; none is expected to fail."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import authorization
from tests.external.servers import free_port
from tests.external.sign_in.http_browser import HttpPerson
from tests.external.sign_in.site import PROTECTED, Site, serving


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A plugin that has an authorization server of its own."""
    with serving(PROTECTED) as served:
        yield served


def scenarios(command: tuple[str, str]) -> set[str]:
    """The scenarios that the suite has for authorization servers."""
    listed = subprocess.run([*command, "list", "--authorization"], capture_output=True, text=True, check=True).stdout
    return {line.split()[1] for line in listed.splitlines() if line.startswith("  - ")}


def add_client(site: Site, port: int) -> str:
    """The id of the client that the suite plays; it takes no secret where a server knows public clients."""
    callback = f"http://127.0.0.1:{port}/callback"
    added = site.operator.run("clients", "add", "--name", "Suite", "--redirect-uri", callback, "--public")
    return str(added["client_id"])


@pytest.mark.parametrize("is_resource_named", [True, False], ids=["for a resource", "without a resource"])
async def test_every_scenario_for_authorization_servers_passes(
    conformance: tuple[str, str], site: Site, tmp_path: Path, is_resource_named: bool
):
    port, person = free_port(), HttpPerson(site.url)
    client = ["--client-id", add_client(site, port), "--port", str(port)]
    resource = ["--resource", site.mcp] if is_resource_named else []

    report = await authorization.run(conformance, site.url, tmp_path, person, *client, *resource)

    assert report.scenarios() == scenarios(conformance) != set()
    assert {finding.status for finding in report.findings} == {"SUCCESS"}, report.output
    assert report.exit_code == 0, report.output
    assert len(person.pages) == 2  # sign-in and consent: the suite asked a person
