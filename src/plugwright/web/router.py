"""Finding what serves a path: one dictionary look-up, and a tree of segments for paths with parameters."""

from typing import Any, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from plugwright.operations.paths import parameters_in

EndpointT = TypeVar("EndpointT")
# No segment contains a slash.
_PARAMETER = "/{}"
_END = "/"


class Router(Generic[EndpointT]):
    """Endpoints by path. Plain text wins over a parameter in the same place."""

    def __init__(self) -> None:
        self.exact: dict[str, EndpointT] = {}
        self._tree: dict[str, Any] = {}

    def add(self, path: str, endpoint: EndpointT) -> None:
        """Serve a path, which may have ``{parameters}`` as whole segments."""
        if not parameters_in(path):
            self.exact[path] = endpoint
            return
        node = self._tree
        for segment in path[1:].split("/"):
            node = node.setdefault(_PARAMETER if segment.startswith("{") else segment, {})
        node[_END] = endpoint

    def find(self, path: str, raw_path: bytes | None = None) -> tuple[EndpointT, list[str]] | None:
        """The endpoint of a path, and the values of its parameters in order.

        ``raw_path`` is the path before percent-decoding: a parameter may hold an encoded slash.
        """
        endpoint = self.exact.get(path)
        if endpoint is not None:
            return endpoint, []
        if not self._tree:
            return None
        if raw_path is None:
            return _descend(self._tree, path[1:].split("/"), 0)
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in raw_path[1:].split(b"/")]
        except UnicodeDecodeError:
            return None
        return _descend(self._tree, segments, 0)


def _descend(node: dict[str, Any], segments: list[str], position: int) -> tuple[Any, list[str]] | None:
    if position == len(segments):
        return (node[_END], []) if _END in node else None
    segment = segments[position]
    for key, values in ((segment, []), (_PARAMETER, [segment])):
        # An empty segment fills no parameter.
        if key in node and (segment or key != _PARAMETER):
            found = _descend(node[key], segments, position + 1)
            if found is not None:
                return found[0], [*values, *found[1]]
    return None
