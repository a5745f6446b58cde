"""Everything a plugin serves, each thing once."""

from dataclasses import dataclass, field

from plugwright.errors import SetupError
from plugwright.operations.operation import Operation
from plugwright.operations.paths import parameters_in
from plugwright.operations.prompt import Prompt
from plugwright.operations.resource import Resource

# What Plugwright itself serves; DESIGN of the HTTP surface, the coming parts included.
_RESERVED = (
    "/mcp", "/openapi.json", "/openapi.yaml", "/livez", "/readyz", "/healthz", "/metrics", "/legal", "/jobs",
)  # fmt: skip
_RESERVED_PREFIXES = ("/.well-known/", "/oauth/", "/logo.", "/jobs/")


@dataclass(slots=True)
class Registry:
    """Operations, resources and prompts by name. Adding one that clashes is refused."""

    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    _names: dict[str, Operation] = field(default_factory=dict[str, Operation], repr=False)
    _paths: dict[tuple[str, str], Operation] = field(default_factory=dict[tuple[str, str], Operation], repr=False)

    def add_operation(self, operation: Operation) -> None:
        """Add an operation.

        Raises:
            SetupError: its name or its method and path are taken, or the path is one that Plugwright serves.
        """
        same_name = self._names.setdefault(operation.name.casefold(), operation)
        if same_name is not operation:
            raise SetupError(
                f"{operation.name}: {same_name.source} already defines an operation of this name; give one another name"
            )
        same_path = self._paths.setdefault((operation.method, _shape(operation.path)), operation)
        if same_path is not operation:
            raise SetupError(
                f"{operation.name}: {operation.method} {operation.path} is already served by {same_path.name!r}; "
                "give one another path"
            )
        path = operation.path
        if path in _RESERVED or path.startswith(_RESERVED_PREFIXES):
            raise SetupError(f"{operation.name}: path {path!r} is served by Plugwright itself; give another path")
        self.operations[operation.name] = operation

    def add_resource(self, resource: Resource) -> None:
        """Add a resource.

        Raises:
            SetupError: its URI is taken.
        """
        if any(_shape(uri) == _shape(resource.uri) for uri in self.resources):
            raise SetupError(f"resource {resource.uri!r} is defined twice; give one another URI")
        self.resources[resource.uri] = resource

    def add_prompt(self, prompt: Prompt) -> None:
        """Add a prompt.

        Raises:
            SetupError: its name is taken.
        """
        if prompt.name in self.prompts:
            raise SetupError(f"prompt {prompt.name!r} is defined twice; give one another name")
        self.prompts[prompt.name] = prompt


def _shape(path: str) -> str:
    for name in parameters_in(path):
        path = path.replace("{" + name + "}", "{}")
    return path
