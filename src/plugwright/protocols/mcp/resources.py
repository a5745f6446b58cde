"""``resources/list``, ``resources/templates/list`` and ``resources/read``."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from plugwright.calls.plan import Plan
from plugwright.calls.questions import InputRequired
from plugwright.errors import InvalidInput, NotFound, PlugwrightError
from plugwright.operations.resource import Resource
from plugwright.operations.texts import Encode, text_encoders, texts_to_json
from plugwright.operations.visible_text import clean_text, encode_clean
from plugwright.protocols.mcp.input_required import exchange_for, input_required_result
from plugwright.protocols.mcp.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, RESOURCE_NOT_FOUND, RpcError
from plugwright.protocols.mcp.paging import PagedList
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.results import NOT_CACHED, PAGES, Results
from plugwright.protocols.mcp.revisions import Revision
from plugwright.protocols.mcp.tools import protocol_error_of


@dataclass(frozen=True, slots=True)
class _Entry:
    resource: Resource
    plan: Plan
    encoders: Mapping[str, Encode]


class Resources:
    """The resources of a plugin, by URI and by URI template."""

    def __init__(self, resources: list[tuple[Resource, Plan]], results: Results, sealer: StateSealer) -> None:
        self._results = results
        self._sealer = sealer
        entries = [_Entry(resource, plan, text_encoders(resource.handler.input)) for resource, plan in resources]
        self._exact = {entry.resource.uri: entry for entry in entries if entry.resource.template is None}
        self._templates = [entry for entry in entries if entry.resource.template is not None]
        self._lists: dict[tuple[str, bool], PagedList] = {}

    def list(self, request: Request) -> bytes:
        """``resources/list``."""
        return self._listed(request, "resources", is_template=False)

    def list_templates(self, request: Request) -> bytes:
        """``resources/templates/list``."""
        return self._listed(request, "resourceTemplates", is_template=True)

    def _listed(self, request: Request, key: str, *, is_template: bool) -> bytes:
        revision = request.revision
        listed = self._lists.get((revision.version, is_template))
        if listed is None:
            entries = self._templates if is_template else self._exact.values()
            listed = PagedList([(entry.resource.uri, _descriptor(entry.resource, revision)) for entry in entries])
            self._lists[revision.version, is_template] = listed
        return self._results.listed(revision, key, *listed.page(request.params.get("cursor")))

    async def read(self, request: Request) -> bytes:
        """``resources/read``."""
        uri = request.params.get("uri")
        if not isinstance(uri, str):
            raise RpcError(INVALID_PARAMS, "params.uri must be a string")
        entry, values = self._find(request, uri)
        exchange = exchange_for(request, uri, self._sealer)
        try:
            value = await entry.plan.run(texts_to_json(values, entry.encoders), exchange)
        except InputRequired as asked:
            return self._results.input_required(input_required_result(request, uri, asked, self._sealer))
        except (NotFound, InvalidInput):
            raise _not_found(request, uri) from None
        except PlugwrightError as error:
            raise protocol_error_of(error, request) or RpcError(INTERNAL_ERROR, error.message) from None
        content = _contents(entry.resource, uri, value)
        hint = PAGES if entry.resource.widget is not None else NOT_CACHED
        return self._results.complete(request, {"contents": [content]}, hint)

    def _find(self, request: Request, uri: str) -> tuple[_Entry, dict[str, str]]:
        exact = self._exact.get(uri)
        if exact is not None:
            return exact, {}
        for entry in self._templates:
            values = entry.resource.template.match(uri) if entry.resource.template else None
            if values is not None:
                return entry, values
        raise _not_found(request, uri)


def _not_found(request: Request, uri: str) -> RpcError:
    code = INVALID_PARAMS if request.revision.is_modern else RESOURCE_NOT_FOUND
    return RpcError(code, "Resource not found", data={"uri": uri})


def _descriptor(resource: Resource, revision: Revision) -> bytes:
    key = "uriTemplate" if resource.template is not None else "uri"
    entry: dict[str, Any] = {key: resource.uri, "name": resource.name}
    if revision.has_titles and resource.title is not None:
        entry["title"] = resource.title
    entry |= {"description": resource.description, "mimeType": resource.mime_type}
    if resource.widget is not None:
        entry["_meta"] = resource.widget.resource_meta()
    return to_json(entry)


def _contents(resource: Resource, uri: str, value: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"uri": uri, "mimeType": resource.mime_type}
    if isinstance(value, bytes):
        content["blob"] = b64encode(value).decode("ascii")
    elif resource.widget is not None:
        # The author's own page, which a browser shows.
        content |= {"text": value, "_meta": resource.widget.resource_meta()}
    else:
        content["text"] = clean_text(value) if isinstance(value, str) else encode_clean(value).decode()
    return content
