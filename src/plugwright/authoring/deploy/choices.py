"""What an author chooses for a deployment, and whether it can be written into files as it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plugwright.errors import SetupError

HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
REPLICA_PORT: Final = 8000
METRICS_PORT: Final = 9464

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_UPSTREAM = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\]):[0-9]{{1,5}}")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}")
_PATH = re.compile(r"/[A-Za-z0-9._/@+-]*")


@dataclass(frozen=True, slots=True)
class Choices:
    """What an author says on the command line.

    Args:
        domain: where users reach the plugin.
        port: where a replica listens.
        workers: processes of one replica.
        replicas: how many replicas there are.
        upstreams: where a proxy finds them; the port on its own machine if none are named.
        image: the name of the container image; the plugin's name and version if none is given.
        directory: where the project lies on a server without containers; below ``/opt`` if not said.
        certificate: the certificate of a proxy and its key; Caddy gets its own without, nginx expects certbot's.
        https_port: where the proxy listens.
        http_port: where it only redirects.
    """

    domain: str = ""
    port: int = REPLICA_PORT
    workers: int = 1
    replicas: int = 2
    upstreams: tuple[str, ...] = ()
    image: str | None = None
    directory: str | None = None
    certificate: tuple[str, str] | None = None
    https_port: int = HTTPS_PORT
    http_port: int = HTTP_PORT


def check_choices(choices: Choices) -> None:
    """Check that what is chosen means the same in every file that it is written into.

    Raises:
        SetupError: it is malformed; the message names the option.
    """
    for option, value, form, example in _texts(choices):
        if not form.fullmatch(value):
            raise SetupError(f"{option} {value!r} is not of the form {example}")


def _texts(choices: Choices) -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    if choices.domain:
        yield "--domain", choices.domain, _DOMAIN, "weather.example.com"
    if choices.image is not None:
        yield "--image", choices.image, _IMAGE, "registry.example.com/weather:1.0.0"
    if choices.directory is not None:
        yield "--directory", choices.directory, _PATH, "/opt/weather"
    for upstream in choices.upstreams:
        yield "--upstream", upstream, _UPSTREAM, "10.0.0.5:8000"
    for path in choices.certificate or ():
        yield "--certificate", path, _PATH, "/etc/ssl/weather.pem"
