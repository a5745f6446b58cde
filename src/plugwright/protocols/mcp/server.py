"""The methods of the protocol, whatever carries the messages: one table per era."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from plugwright.calls.plan import Plan
from plugwright.calls.runtime import Runtime
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.operations.prompt import Prompt
from plugwright.operations.resource import Resource
from plugwright.protocols.mcp.completions import Completions
from plugwright.protocols.mcp.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RpcError,
    error_reply,
    result_reply,
)
from plugwright.protocols.mcp.prompts import Prompts
from plugwright.protocols.mcp.request import LOG_LEVELS, Request
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.resources import Resources
from plugwright.protocols.mcp.results import PAGES, Results
from plugwright.protocols.mcp.revisions import SUPPORTED, Revision
from plugwright.protocols.mcp.sign_in import Guards, NotAdmitted
from plugwright.protocols.mcp.tools import Tools

Method = Callable[[Request], bytes | Awaitable[bytes]]
"""Gives a result's JSON: at once where nothing has to be waited for, or else what to await."""

Reply = tuple[int, bytes]
"""The HTTP status and the JSON of a reply."""

_UI = "io.modelcontextprotocol/ui"


def _refuse(request: Request) -> bytes:
    raise RpcError(METHOD_NOT_FOUND, f"Method not found: {request.method}"[:200], status=404)


@dataclass(frozen=True, slots=True)
class Served:
    """What a plugin serves over MCP, each with its compiled plan."""

    identity: Identity
    operations: Sequence[tuple[Operation, Plan]]
    resources: Sequence[tuple[Resource, Plan]]
    prompts: Sequence[tuple[Prompt, Plan]]


class McpServer:
    """Answers requests. It keeps nothing from one request to the next."""

    def __init__(
        self,
        served: Served,
        *,
        runtime: Runtime,
        sealer: StateSealer,
        public_url: str,
        guards: Guards | None = None,
    ) -> None:
        self._served = served
        self.guards = guards or Guards()
        self._public_url = public_url
        self._report = runtime.report
        results = self._results = Results(served.identity.name, served.identity.version)
        tools = Tools(list(served.operations), results, sealer, self.guards)
        resources = Resources(list(served.resources), results, sealer)
        prompts = Prompts(list(served.prompts), results, sealer)
        completions = Completions(
            [prompt.handler for prompt, _ in served.prompts],
            [resource.handler for resource, _ in served.resources],
            runtime,
            results,
        )
        self._completes = not completions.is_empty
        self._silent = frozenset(
            operation.name
            for operation, _ in served.operations
            if operation.handler.call_parameter is None and operation.batch_of is None
        )
        self.has_limits = any(plan.limiter is not None for _, plan in served.operations)
        shared: dict[str, Method] = {}
        if served.operations:
            shared |= {"tools/list": tools.list, "tools/call": tools.call}
        if served.resources:
            shared |= {
                "resources/list": resources.list,
                "resources/templates/list": resources.list_templates,
                "resources/read": resources.read,
            }
        if served.prompts:
            shared |= {"prompts/list": prompts.list, "prompts/get": prompts.get}
        if self._completes:
            shared |= {"completion/complete": completions.complete}
        self._modern = shared | {"server/discover": self._discover}
        self._legacy = shared | {
            "initialize": self._initialize,
            "ping": self._acknowledge,
            "logging/setLevel": self._set_level,
        }
        if served.resources:
            self._legacy |= {
                "resources/subscribe": self._acknowledge,
                "resources/unsubscribe": self._acknowledge,
            }

    async def answer(self, request: Request) -> Reply:
        """Begin and, where the method waits, finish."""
        reply = self.begin(request)
        return reply if isinstance(reply, tuple) else await reply

    def may_notify(self, request: Request) -> bool:
        """Whether a request can tell anything before its reply: a tool that takes no `Call` cannot."""
        name = request.params.get("name")
        return request.method != "tools/call" or not isinstance(name, str) or name not in self._silent

    def begin(self, request: Request) -> Reply | Awaitable[Reply]:
        """Answer at once, or give what to await where the method waits: most calls end with their first step."""
        methods = self._modern if request.revision.is_modern else self._legacy
        method = methods.get(request.method, _refuse)
        try:
            result = method(request)
        except Exception as error:  # noqa: BLE001 a call ends here
            return self._failure(request, error)
        return (200, result_reply(request.id, result)) if isinstance(result, bytes) else self._finish(request, result)

    async def _finish(self, request: Request, result: Awaitable[bytes]) -> Reply:
        try:
            return 200, result_reply(request.id, await result)
        except Exception as error:  # noqa: BLE001 a call ends here
            return self._failure(request, error)

    def _failure(self, request: Request, error: Exception) -> Reply:
        """An error reply; what is unforeseen is masked and logged."""
        if isinstance(error, RpcError):
            # To a handshake client 404 would mean that its session is gone.
            status = error.status if request.revision.is_modern else 200
            return status, error_reply(request.id, error.code, error.message, error.data)
        if isinstance(error, NotAdmitted):
            return error.status, result_reply(request.id, error.result)
        self._report(request.method, request.request_id, error)
        return 200, error_reply(request.id, INTERNAL_ERROR, "The plugin failed unexpectedly")

    def _capabilities(self, revision: Revision) -> dict[str, Any]:
        served = self._served
        capabilities: dict[str, Any] = {"logging": {}}
        if served.operations:
            capabilities["tools"] = {}
        if served.resources:
            capabilities["resources"] = {}
        if served.prompts:
            capabilities["prompts"] = {}
        if self._completes and revision.version != "2024-11-05":
            capabilities["completions"] = {}
        if revision.is_modern and any(resource.widget for resource, _ in served.resources):
            capabilities["extensions"] = {_UI: {}}
        return capabilities

    def _discover(self, request: Request) -> bytes:
        content = {
            "supportedVersions": SUPPORTED,
            "capabilities": self._capabilities(request.revision),
            "instructions": self._served.identity.instructions,
        }
        return self._results.complete(request, content, PAGES)

    def _initialize(self, request: Request) -> bytes:
        if not isinstance(request.params.get("protocolVersion"), str):
            raise RpcError(INVALID_PARAMS, "params.protocolVersion must be a string")
        identity = self._served.identity
        info: dict[str, Any] = {"name": identity.name, "version": identity.version}
        if request.revision.has_titles:
            info["title"] = identity.title
        if request.revision.has_icons:
            info["icons"] = [{"src": self._public_url + identity.logo_path, "mimeType": identity.logo_type}]
            info["websiteUrl"] = self._public_url
        content = {
            "protocolVersion": request.revision.version,
            "capabilities": self._capabilities(request.revision),
            "serverInfo": info,
            "instructions": identity.instructions,
        }
        return self._results.complete(request, content)

    def _acknowledge(self, request: Request) -> bytes:  # noqa: ARG002 every method takes the request
        return b"{}"

    def _set_level(self, request: Request) -> bytes:
        if request.params.get("level") not in LOG_LEVELS:
            raise RpcError(INVALID_PARAMS, f"params.level must be one of {', '.join(LOG_LEVELS)}")
        return b"{}"
