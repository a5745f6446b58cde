"""The operations around jobs: those that queue a call, and those that ask for a job or cancel it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from plugwright.calls.call import Call
from plugwright.jobs.service import JobService
from plugwright.jobs.shapes import job_output, job_path
from plugwright.operations.access import Access
from plugwright.operations.handler import Handler
from plugwright.operations.operation import Definition, Operation, compile_operation
from plugwright.operations.outputs import Output
from plugwright.operations.registry import Registry
from plugwright.operations.signature import read_signature
from plugwright.store.jobs import Record

_TIMEOUT = 10.0  # seconds to accept a call
_LONGEST_WAIT = 25  # seconds that a caller may wait for a job: ChatGPT has 45 for a call
_ASKING = f"{_LONGEST_WAIT + 10}s"

JobId = Annotated[str, Field(pattern="^job_[A-Za-z0-9_-]{43}$", description="The id that the call was answered with")]
"""The id of a job."""


def with_jobs(registry: Registry, service: JobService, public_url: str) -> Registry:
    """What is served instead of the registry: background operations queue their calls, and jobs can be asked for.

    Raises:
        SetupError: the author has an operation of the same name as one of ours.
    """
    queued = [operation for operation in registry.operations.values() if operation.is_background]
    is_untrusted = any(operation.output.is_untrusted for operation in queued)
    output = job_output(public_url, service.now, is_untrusted=is_untrusted)
    served = Registry(resources=registry.resources, prompts=registry.prompts)
    for operation in registry.operations.values():
        if operation.is_background:
            served.add_operation(_queueing(operation, service, output))
        else:
            served.add_operation(operation)
    access = job_access([operation.access for operation in queued])
    for operation in _asking(service):
        served.add_own(replace(operation, output=output, access=access, tells_job=True))
    return served


def job_access(accesses: Sequence[Access]) -> Access:
    """Who may ask for a job, from who may have one queued: the same. Whose it is, is another question.

    Scopes are those that every call needs that could be queued by somebody in particular.
    """
    named = [access for access in accesses if not access.is_open]
    if not named:
        return accesses[0]
    common = [scope for scope in named[0].scopes if all(scope in access.scopes for access in named)]
    is_public = any(access.is_public for access in accesses)
    return Access(named[0].sign_in, is_public, tuple(common), learns_caller=True)


def _queueing(operation: Operation, service: JobService, output: Output) -> Operation:
    """The same operation, but its calls are checked and queued."""
    check = operation.input.decode

    def decode(raw: bytes | str) -> dict[str, Any]:
        check(raw)
        return {"taken": raw.encode() if isinstance(raw, str) else raw}

    async def queue(taken: bytes, *, call: Call) -> Record:
        return await service.accept(operation.name, taken, call.request_id, call.principal)

    taking = replace(operation.input, decode=decode)
    return replace(
        operation,
        handler=Handler(operation.name, queue, True, "call", taking, _TIMEOUT),  # noqa: FBT003 fields of a record
        output=output,
        tells_job=True,
    )


def _asking(service: JobService) -> list[Operation]:
    async def get_job(
        id: JobId,  # noqa: A002 its name outside
        wait: Annotated[
            float, Field(ge=0, le=_LONGEST_WAIT, description="Seconds to wait for its end, if it has not ended")
        ] = 0,
        *,
        call: Call,
    ) -> Record:
        """How far queued work is, and its result. Use this when a call was answered with a job, until it has ended.

        With wait the answer comes as soon as the job has ended.
        """
        return await service.wait(id, call.principal, wait)

    async def cancel_job(id: JobId, *, call: Call) -> Record:  # noqa: A002 its name outside
        """Cancel queued work that has not ended. Use this when the user does not want its result any more."""
        return await service.cancel(id, call.principal)

    return [
        _compiled(get_job, Definition(effect="read", path=job_path("{id}"), timeout=_ASKING, title="Look at a job")),
        _compiled(
            cancel_job,
            Definition(effect="write", idempotent=True, path=f"{job_path('{id}')}/cancel", title="Cancel a job"),
        ),
    ]


def _compiled(function: Callable[..., Any], wanted: Definition) -> Operation:
    return compile_operation(function, read_signature(function, call_type=Call), replace(wanted, open_world=False))
