"""A plugin deployed from its generated files: what Compose would run in containers, as processes of this machine."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Final

import aiohttp
import yaml

from tests.auth.server.flows import PASSWORD, USERNAME, Browser
from tests.external.certificates import Certificates, issue_certificate
from tests.external.deployed.plugin import GATE, TARGET
from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, stop, wait_until_live

NAME: Final = "deployed-notes"
DOMAIN: Final = "localhost"
REPLICAS: Final = 3
COMMAND_WITHIN: Final = 60.0


@dataclass
class Container:
    """A process, where Compose would run a container."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]


@dataclass
class Replica(Container):
    """One that serves."""

    server: Server


@dataclass
class Deployed:
    """The generated files in a folder, and what runs of them."""

    folder: Path
    certificates: Certificates
    https_port: int
    http_port: int
    replaced: Mapping[str, str]
    replicas: list[Replica] = field(default_factory=list[Replica])
    worker: Container | None = None

    @property
    def url(self) -> str:
        """Where users reach it."""
        return f"https://{DOMAIN}:{self.https_port}"

    @property
    def host(self) -> str:
        """The Host that its requests have."""
        return f"{DOMAIN}:{self.https_port}"

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts the authority of this test, and nobody else."""
        return ssl.create_default_context(cafile=str(self.certificates.authority))

    @property
    def _gate(self) -> Path:
        return self.folder / "gate"

    def close_gate(self) -> None:
        """Let calls wait, and forget those that did."""
        shutil.rmtree(self._gate, ignore_errors=True)
        self._gate.mkdir()

    def open_gate(self) -> None:
        """Let those calls end that wait."""
        (self._gate / "open").touch()

    @property
    def at_gate(self) -> list[int]:
        """The processes in which a call has come to the gate, one way or another."""
        return [int(path.name) for path in self._gate.iterdir() if path.name.isdigit()]

    def browser(self) -> Browser:
        """A new browser, which comes through the proxy."""
        return Browser(self.url, self.tls)

    def session(self) -> aiohttp.ClientSession:
        """What sees replies as they come, below the proxy's URL."""
        connector = aiohttp.TCPConnector(ssl=self.tls)
        return aiohttp.ClientSession(self.url, connector=connector, auto_decompress=False)

    def behind(self, ports: tuple[int, int]) -> Deployed:
        """The same replicas, as they are reached through another proxy."""
        return replace(self, https_port=ports[0], http_port=ports[1])

    def number_of(self, pid: int) -> int:
        """Which replica a process is."""
        return [replica.process.pid for replica in self.replicas].index(pid)

    def kill(self, number: int) -> None:
        """End a replica at once."""
        replica = self.replicas[number]
        replica.process.kill()
        replica.process.wait()
        replica.output.close()

    def generate(self, kind: str, *words: str) -> None:
        """Write deployment files."""
        upstreams = [word for replica in self.replicas for word in ("--upstream", f"127.0.0.1:{replica.server.port}")]
        ports = ["--https-port", str(self.https_port), "--http-port", str(self.http_port)]
        files = ["--certificate", str(self.certificates.certificate), "--certificate-key", str(self.certificates.key)]
        arguments = [*upstreams, *ports, *files, "--replicas", str(REPLICAS), "--domain", DOMAIN, *words]
        self._command("deploy", kind, TARGET, "--into", str(self.folder), *arguments, env=environment())

    def make_secrets(self, **given: str) -> None:
        """Make the files that the next steps ask for."""
        (self.folder / "secrets").mkdir(mode=0o700)
        for name, value in {"secret": secrets.token_hex(32), **given}.items():
            (self.folder / "secrets" / name).write_text(f"{value}\n", encoding="utf-8")

    def run(self, service: str, *words: str, given: str = "") -> str:
        """What `docker compose run` would do: the service's command, or another in its place."""
        command = words or tuple(self._service(service)["command"])
        return self._command(*command, env=self._environment(service), given=given)

    def start_all(self) -> None:
        """Start the replicas and the worker."""
        self.replicas = [self._replica(Server(free_port())) for _ in range(REPLICAS)]
        self.worker = self._start(self._service("worker")["command"], self._environment("worker"))
        for replica in self.replicas:
            wait_until_live(replica.process, replica.server, replica.output)

    def start(self, number: int) -> None:
        """Start a replica in the place of the one of that number, which has ended."""
        replica = self.replicas[number] = self._replica(self.replicas[number].server)
        wait_until_live(replica.process, replica.server, replica.output)

    def stop(self) -> None:
        """End everything."""
        containers = [*self.replicas, *([self.worker] if self.worker else [])]
        for container in containers:
            container.process.terminate()
        for container in containers:
            stop(container.process)
            container.output.close()

    def _replica(self, server: Server) -> Replica:
        place = {"PLUGWRIGHT_HOST": HOST, "PLUGWRIGHT_PORT": str(server.port)}
        container = self._start(self._image_command(), {**self._environment("plugin"), **place})
        return Replica(container.process, container.output, server)

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> Container:
        output = tempfile.TemporaryFile()  # noqa: SIM115 closed in `stop`
        process = subprocess.Popen(
            [PLUGWRIGHT, *command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        return Container(process, output)

    def _command(self, *words: str, env: Mapping[str, str], given: str = "") -> str:
        done = subprocess.run(
            [PLUGWRIGHT, *words],
            cwd=ROOT,
            env=env,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _service(self, name: str) -> Mapping[str, Any]:
        return yaml.safe_load((self.folder / "compose.yaml").read_text(encoding="utf-8"))["services"][name]

    def _environment(self, service: str) -> dict[str, str]:
        """That of the image, then that of the service, with the places of this machine in place of a container's."""
        image = re.findall(r"(PLUGWRIGHT_\w+)=(\S+)", self._dockerfile())
        given = {**dict(image), **self._service(service)["environment"]}
        places = {name: value.replace("/run/secrets", str(self.folder / "secrets")) for name, value in given.items()}
        # Containers have an address each, so they all take the same port.
        apart = {"PLUGWRIGHT_METRICS_HOST": HOST, "PLUGWRIGHT_METRICS_PORT": str(free_port())}
        return {**environment(), **places, **apart, **self.replaced, GATE: str(self._gate)}

    def _image_command(self) -> list[str]:
        [command] = re.findall(r"^CMD (\[.*\])$", self._dockerfile(), re.MULTILINE)
        return json.loads(command)

    def _dockerfile(self) -> str:
        return (self.folder / "Dockerfile").read_text(encoding="utf-8")


@contextlib.contextmanager
def deployed(folder: Path, database_url: str, settings: Mapping[str, str]) -> Generator[Deployed]:
    """The plugin's replicas, from the files for Compose and in its order: secrets, tables, replicas."""
    site = Deployed(folder, issue_certificate(folder, DOMAIN), free_port(), free_port(), settings)
    site.close_gate()
    site.generate("compose")
    site.make_secrets(database_url=database_url)
    try:
        site.run("migrate")
        site.run("migrate", "users", "add", USERNAME, given=f"{PASSWORD}\n")
        site.start_all()
        yield site
    finally:
        site.stop()
