"""``plugwright deploy``: files that put a plugin into production."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from plugwright.cli.serve import Target
from plugwright.errors import SetupError

KindName = Literal["docker", "compose", "systemd", "nginx", "caddy", "kubernetes", "monitoring"]


def deploy(
    kind: Annotated[KindName, typer.Argument(help="What to write files for.")],
    target: Target,
    *,
    domain: Annotated[str, typer.Option(help="Where users reach the plugin, such as weather.example.com.")] = "",
    into: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where a replica listens.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes of one replica.")] = 1,
    replicas: Annotated[int, typer.Option(min=1, max=100, help="Replicas, with compose and kubernetes.")] = 2,
    upstream: Annotated[
        list[str] | None, typer.Option(metavar="HOST:PORT", help="A replica behind nginx or caddy. Repeatable.")
    ] = None,
    image: Annotated[str | None, typer.Option(help="The container image; NAME:VERSION of the plugin if none.")] = None,
    directory: Annotated[str | None, typer.Option(help="Where the project lies, with systemd; /opt/NAME else.")] = None,
    certificate: Annotated[str | None, typer.Option(help="Certificate of nginx or caddy; they have defaults.")] = None,
    certificate_key: Annotated[str | None, typer.Option(help="Its private key.")] = None,
    https_port: Annotated[int, typer.Option(min=1, max=65535, help="Where the proxy listens.")] = 443,
    http_port: Annotated[int, typer.Option(min=1, max=65535, help="Where it only redirects.")] = 80,
) -> None:
    """Write the files that put a plugin into production, and say what to do with them."""
    # Only this command pays for templates.
    from plugwright.authoring.deploy.choices import Choices  # noqa: PLC0415
    from plugwright.authoring.deploy.deployment import deployment_of  # noqa: PLC0415
    from plugwright.authoring.deploy.kinds import RECIPES, Kind  # noqa: PLC0415
    from plugwright.authoring.deploy.project import Project  # noqa: PLC0415
    from plugwright.authoring.deploy.rendering import next_steps, render  # noqa: PLC0415
    from plugwright.authoring.deploy.writing import write_files  # noqa: PLC0415
    from plugwright.cli.loading import load_plugin  # noqa: PLC0415
    from plugwright.cli.showing import say  # noqa: PLC0415 it loads rich, which --help does without

    wanted = Kind(kind)
    if RECIPES[wanted].needs_domain and not domain:
        raise SetupError("say where users will reach the plugin: --domain weather.example.com")
    if (certificate is None) != (certificate_key is None):
        raise SetupError("--certificate and --certificate-key belong together")
    choices = Choices(
        domain=domain.lower(),
        port=port,
        workers=workers,
        replicas=replicas,
        upstreams=tuple(upstream or ()),
        image=image,
        directory=directory,
        certificate=None if certificate is None or certificate_key is None else (certificate, certificate_key),
        https_port=https_port,
        http_port=http_port,
    )
    project = Project(into)
    deployment = deployment_of(load_plugin(target), target, choices)
    for path in write_files(into, render(wanted, deployment, project), force=force):
        say(f"Wrote {path}")
    for line in next_steps(wanted, deployment, project).splitlines():
        say(line)
