"""Templates as files, filled with what a deployment says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from plugwright.authoring.deploy.choices import METRICS_PORT
from plugwright.authoring.deploy.deployment import Deployment
from plugwright.authoring.deploy.kinds import RECIPES, Kind, Template
from plugwright.authoring.deploy.project import Project
from plugwright.authoring.deploy.secrets import Secret
from plugwright.settings import Settings

UV_VERSION: Final = "0.13.9"
KEEP_ALIVE: Final = 4  # seconds a proxy keeps an idle connection to a replica, which itself keeps it for five
GRACE: Final = 35  # seconds until a process that is told to end is killed; by itself it takes 28.5 at most
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, by its path in the project. What is shared with other kinds stays as it is if it is there."""

    path: str
    text: str
    is_shared: bool


def render(kind: Kind, it: Deployment, project: Project) -> list[File]:
    """The files of a kind of deployment, and those of the kind that it builds on."""
    return list(_files(kind, it, project))


def next_steps(kind: Kind, it: Deployment, project: Project) -> str:
    """What the author does with the files."""
    return _environment().get_template(f"next/{kind}.txt").render(_values(kind, it, project))


def _files(kind: Kind, it: Deployment, project: Project) -> Iterator[File]:
    recipe = RECIPES[kind]
    if recipe.base is not None:
        for file in _files(recipe.base, it, project):
            yield File(file.path, file.text, is_shared=True)
    environment = _environment()
    values = _values(kind, it, project)
    for template in recipe.templates:
        if template.is_wanted(it):
            yield File(_path(template, it), _text(environment, template, values), is_shared=False)


def _text(environment: Environment, template: Template, values: Mapping[str, Any]) -> str:
    if template.is_verbatim and environment.loader is not None:
        return environment.loader.get_source(environment, template.source)[0]
    return environment.get_template(template.source).render(values)


def _path(template: Template, it: Deployment) -> str:
    return template.path.format(name=it.name)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("plugwright.authoring.deploy", "templates"),
        autoescape=False,  # noqa: S701 these are no pages; `choices` lets in nothing that has a meaning in the files
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _values(kind: Kind, it: Deployment, project: Project) -> Mapping[str, Any]:
    more = [field for field in RECIPES[kind].secrets if it.has_database or field != "database_url"]
    return {
        "it": it,
        "project": project,
        "settings": it.settings(replicas=1 if kind is Kind.systemd else it.choices.replicas),
        "secrets": [*it.secrets, *map(Secret, more)],
        "service": "plugin" if kind is Kind.compose else None,
        "is_shared": it.choices.workers > 1,
        "upstream": it.name.replace("-", "_"),
        "description": it.title.replace("%", "%%"),
        "uv_version": UV_VERSION,
        "keep_alive": KEEP_ALIVE,
        "grace": GRACE,
        "metrics_port": METRICS_PORT,
        "body_megabytes": Settings.model_fields["body_limit"].default // _MEGABYTE + 1,
    }
