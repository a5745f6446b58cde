"""The extension ``io.modelcontextprotocol/tasks`` (SEP-2663), of the modern era: queued calls as tasks.

A task is a job under the names of the extension. Who may ask for one is decided where jobs are asked for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from plugwright.auth.gate import Gate
from plugwright.calls.plan import Plan
from plugwright.errors import AccessRefused, InternalError, InvalidInput, NotFound, PlugwrightError
from plugwright.json_types import is_object
from plugwright.operations.operation import Operation
from plugwright.protocols.mcp.exchange import McpExchange
from plugwright.protocols.mcp.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, MISSING_CAPABILITY, RpcError
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.results import Results
from plugwright.protocols.mcp.sign_in import not_admitted
from plugwright.protocols.mcp.tool_results import modern_result

if TYPE_CHECKING:
    from plugwright.store.jobs import Record

EXTENSION = "io.modelcontextprotocol/tasks"

_STATUSES = {
    "queued": "working",
    "running": "working",
    "succeeded": "completed",
    "failed": "completed",
    "cancelled": "cancelled",
}
_REQUIRED: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
# What no handler answered with: a failure of the request itself, as a server that breaks down is.
_FAULTS = frozenset({InternalError.code, "job_abandoned", "operation_changed"})


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of a plugin, as tasks need them.

    ``operations`` are the author's whose calls are queued. ``find`` and ``cancel`` give the `Record` of a job, and
    ``gate`` is before both. ``kept`` is for how many seconds a job is kept once it has ended, ``poll_after`` how many
    to wait before asking for one of an age.
    """

    operations: Sequence[Operation]
    find: Plan
    cancel: Plan
    gate: Gate | None
    kept: float
    poll_after: Callable[[float], int]
    now: Callable[[], float]


def declares_tasks(request: Request) -> bool:
    """Whether the client of a request takes a task for an answer."""
    extensions = request.capabilities.get("extensions")
    return is_object(extensions) and is_object(extensions.get(EXTENSION))


class Tasks:
    """The methods of the extension, and the answer that a call becomes a task by."""

    def __init__(self, queue: Queue, results: Results) -> None:
        self._queue = queue
        self._results = results
        self._ended = {operation.name: modern_result(operation, results) for operation in queue.operations}

    def created(self, job: bytes) -> bytes:
        """The result of a call that was queued, from the JSON of its job (``CreateTaskResult``)."""
        told = from_json(job)
        task = _task(told["id"], "working", told["created_at"], told["created_at"], self._queue.kept)
        return self._result("task", task | {"pollIntervalMs": 1000 * told["retry_after"]})

    async def get(self, request: Request) -> bytes:
        """``tasks/get``: the task as it is now, with its result once it has ended."""
        record = await self._job(self._queue.find, request)
        status = _STATUSES[record.state]
        until = record.expires_at
        changed = record.finished_at or record.started_at or record.created_at
        lasting = self._queue.kept if until is None else until - record.created_at
        task = _task(record.id, status, _time(record.created_at), _time(changed), lasting)
        if not record.has_ended:
            task["pollIntervalMs"] = 1000 * self._queue.poll_after(self._queue.now() - record.created_at)
            if record.progress is not None and record.progress[2] is not None:
                task["statusMessage"] = record.progress[2]
        elif record.error is not None:
            return self._failed(task, record.error)
        elif record.result is not None:
            return self._completed(task, record.operation, record.result)
        return self._result("complete", task)

    async def update(self, request: Request) -> bytes:
        """``tasks/update``: acknowledged, and nothing else, as no task of ours ever asks."""
        if not is_object(request.params.get("inputResponses")):
            raise RpcError(INVALID_PARAMS, "params.inputResponses must be an object")
        await self._job(self._queue.find, request)
        return self._result("complete", {})

    async def cancel(self, request: Request) -> bytes:
        """``tasks/cancel``: acknowledged always; a task that has ended stays as it is."""
        await self._job(self._queue.cancel, request)
        return self._result("complete", {})

    async def _job(self, plan: Plan, request: Request) -> "Record":
        """The job that a request names, or that a plan ends.

        Raises:
            RpcError: the client does not declare the extension, or has no such task.
            NotAdmitted: the caller has to sign in, or may not.
        """
        if not declares_tasks(request):
            raise RpcError(MISSING_CAPABILITY, f"The client must declare {EXTENSION}", data=_REQUIRED, status=400)
        task = request.params.get("taskId")
        gate = self._queue.gate
        exchange = McpExchange(request)
        try:
            if gate is not None:
                await _enter(request, gate)
        except PlugwrightError as error:
            plan.refuse(error, exchange)
            raise self._refused(request, error) from None
        try:
            return await plan.run(to_json({"id": task}), exchange)
        except (NotFound, InvalidInput):
            raise RpcError(INVALID_PARAMS, "There is no such task, or no longer") from None
        except PlugwrightError as error:
            raise self._refused(request, error) from None

    def _refused(self, request: Request, error: PlugwrightError) -> Exception:
        if isinstance(error, AccessRefused) and self._queue.gate is not None:
            return not_admitted(request, error, self._queue.gate, self._results, asks_by_http=True)
        return RpcError(INTERNAL_ERROR, error.message)

    def _completed(self, task: dict[str, Any], operation: str, answer: bytes) -> bytes:
        ended = self._ended.get(operation)
        if ended is None:  # of an older version of the plugin
            return self._result("complete", task | {"status": "failed", "error": _fault("Its operation is gone")})
        return self._result("complete", task, b',"result":' + ended(answer))

    def _failed(self, task: dict[str, Any], error: bytes) -> bytes:
        told = from_json(error)
        if told["code"] in _FAULTS:
            task |= {"status": "failed", "statusMessage": told["error"], "error": _fault(told["error"], told)}
            return self._result("complete", task)
        result = {"resultType": "complete", "content": [{"type": "text", "text": error.decode()}], "isError": True}
        return self._result("complete", task | {"result": result})

    def _result(self, kind: str, content: dict[str, Any], more: bytes = b"") -> bytes:
        head = to_json({"resultType": kind, **content})
        return b"%b%b,%b}" % (head[:-1], more, self._results.modern_tail)


async def _enter(request: Request, gate: Gate) -> None:
    """Note who calls, who has to be allowed to ask for jobs."""
    if request.principal is None:
        request.principal = gate.known(request.authorization) or await gate.admit(request.authorization)
    else:
        gate.allowed(request.principal)


def _task(task: str, status: str, created: str, changed: str, lasting: float) -> dict[str, Any]:
    return {
        "taskId": task,
        "status": status,
        "createdAt": created,
        "lastUpdatedAt": changed,
        "ttlMs": math.ceil(lasting * 1000),
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _fault(message: str, data: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": INTERNAL_ERROR, "message": message}
    return error if data is None else error | {"data": data}
