"""What a caller is told of a job, in one shape over every protocol."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter
from pydantic_core import to_json

from plugwright.operations.outputs import Output
from plugwright.operations.schemas import json_schema
from plugwright.store.jobs import Record, State

GET_JOB = "get_job"
_SOONEST, _LATEST = 2, 15  # seconds until it makes sense to ask again


class JobProgress(BaseModel):
    """How far a job is."""

    done: float
    total: Annotated[float | None, Field(description="What done will be at the end, if that is known")]
    message: str | None


class JobError(BaseModel):
    """What went wrong."""

    error: Annotated[str, Field(description="For a person")]
    code: Annotated[str, Field(description="A stable name of the kind of error")]
    request_id: Annotated[str, Field(description="Names the call in the plugin's log")]
    details: list[dict[str, str]] = Field(default=[], description="Each problem with the input")


class Job(BaseModel):
    """Work that was queued; what does not apply is left out."""

    id: Annotated[str, Field(description=f"Ask {GET_JOB} with it")]
    operation: str
    state: State
    attempts: Annotated[int, Field(description="How often it was begun")]
    created_at: AwareDatetime
    url: Annotated[str, Field(description="Where to ask for it")]
    started_at: AwareDatetime
    finished_at: AwareDatetime
    expires_at: Annotated[AwareDatetime, Field(description="Until when it is kept")]
    progress: JobProgress
    result: Annotated[Any, Field(description="The answer of the operation, once it has succeeded")]
    error: Annotated[JobError, Field(description="Why it failed")]
    retry_after: Annotated[int, Field(description="Seconds after which to ask again")]
    next: Annotated[str, Field(description="What to do now")]


_ALWAYS = ("id", "operation", "state", "attempts", "created_at", "url")


def job_path(job: str) -> str:
    """Where REST serves a job."""
    return f"/jobs/{job}"


def job_output(public_url: str, now: Callable[[], float], *, is_untrusted: bool) -> Output:
    """The output of every operation that answers with a job, in whose result may be what others wrote."""
    schema = json_schema(TypeAdapter(Job), "serialization")
    schema["required"] = list(_ALWAYS)

    def encode(record: Record) -> bytes:
        return job_json(record, public_url, now())

    return Output(schema, encode, is_object=True, is_untrusted=is_untrusted)


def job_json(record: Record, public_url: str, now: float) -> bytes:
    """A job as JSON. Result and error have been JSON since they were stored."""
    told: dict[str, Any] = {
        "id": record.id,
        "operation": record.operation,
        "state": record.state,
        "attempts": record.tries,
    }
    for name in ("created_at", "started_at", "finished_at", "expires_at"):
        at: float | None = getattr(record, name)
        if at is not None:
            told[name] = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    if record.progress is not None:
        told["progress"] = dict(zip(("done", "total", "message"), record.progress, strict=True))
    told["url"] = public_url + job_path(record.id)
    if not record.has_ended:
        pause = _pause(now - record.created_at)
        told["retry_after"] = pause
        told["next"] = f"It is not done yet. Call {GET_JOB} with this id in {pause} seconds."
    text = to_json(told)
    for name, value in ((b"result", record.result), (b"error", record.error)):
        if value is not None:
            text = b'%b,"%b":%b}' % (text[:-1], name, value)
    return text


def _pause(age: float) -> int:
    return int(min(_LATEST, max(_SOONEST, age / 4)))
