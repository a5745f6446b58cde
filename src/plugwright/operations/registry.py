"""Everything a plugin serves, each thing once."""

from dataclasses import dataclass, field

from plugwright.errors import SetupError
from plugwright.operations.operation import Operation
from plugwright.operations.paths import covers, parameters_in
from plugwright.operations.prompt import Prompt
from plugwright.operations.resource import Resource

# What Plugwright itself serves; DESIGN of the HTTP surface, the coming parts included.
_RESERVED = (
    "/mcp", "/openapi.json", "/openapi.yaml", "/livez", "/readyz", "/healthz", "/metrics", "/legal", "/jobs",
    "/favicon.ico",
)  # fmt: skip
_RESERVED_PREFIXES = ("/.well-known/", "/oauth/", "/logo.", "/jobs/")


@dataclass(slots=True)
class Registry:
    """Operations, resources and prompts by name. Adding one that clashes is refused."""

    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    _names: dict[str, Operation] = field(default_factory=dict[str, Operation], repr=False)
    _shapes: dict[str, list[Operation]] = field(default_factory=dict[str, list[Operation]], repr=False)

    def add_operation(self, operation: Operation, *derived: Operation) -> None:
        """Add an operation, and others that belong to it: all of them or none.

        Raises:
            SetupError: a name or a method and path are taken, or a path is one that Plugwright serves.
        """
        for each in (operation, *derived):
            if each.path in _RESERVED or each.path.startswith(_RESERVED_PREFIXES):
                raise SetupError(f"{each.name}: path {each.path!r} is served by Plugwright itself; give another path")
            self._check(each)
        for each in (operation, *derived):
            self._add(each)

    def add_own(self, operation: Operation) -> None:
        """Add an operation, which may be Plugwright's own: its path may be one that Plugwright serves.

        Raises:
            SetupError: its name or its method and path are taken.
        """
        self._check(operation)
        self._add(operation)

    def _add(self, operation: Operation) -> None:
        self.operations[operation.name] = self._names[operation.name.casefold()] = operation
        self._shapes.setdefault(_shape(operation.path), []).append(operation)

    def _check(self, operation: Operation) -> None:
        folded, shape = operation.name.casefold(), _shape(operation.path)
        same_name = self._names.get(folded)
        if same_name is not None:
            raise SetupError(
                f"{operation.name}: {same_name.source} already defines an operation of this name; give one another name"
            )
        for other in self._shapes.get(shape, ()):
            _check_neighbour(operation, other)
        if operation.batch_of is not None or operation.path_parameters:
            for other in self.operations.values():
                _check_batch(operation, other)
                _check_batch(other, operation)

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


def _check_neighbour(operation: Operation, other: Operation) -> None:
    if other.path != operation.path:
        raise SetupError(
            f"{operation.name}: {operation.path} and {other.path} of {other.name!r} differ only in the names of their "
            "parameters; call them the same in both"
        )
    if other.method == operation.method:
        raise SetupError(
            f"{operation.name}: {operation.method} {operation.path} is already served by {other.name!r}; "
            "give one another path"
        )


def _check_batch(batch: Operation, other: Operation) -> None:
    """A path that nobody wrote must not take anything from one that somebody did."""
    if batch.batch_of is not None and other.path_parameters and covers(other.path, batch.path):
        raise SetupError(
            f"{batch.name}: its path {batch.path} is also one of {other.name!r}, {other.path}; give one of them "
            "another path"
        )


def _shape(path: str) -> str:
    for name in parameters_in(path):
        path = path.replace("{" + name + "}", "{}")
    return path
