"""One run of a call with an idempotency key: noted in the database before, and how it ended after."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Self

from pydantic_core import from_json, to_json
from sqlalchemy import Connection

from plugwright.calls.call import Exchange
from plugwright.calls.idempotency import Attempt, KeptAnswer, KeyedStep
from plugwright.calls.questions import InputRequired
from plugwright.errors import (
    AccessRefused,
    CannotAsk,
    KeptFailure,
    KeyInProgress,
    KeyMismatch,
    MalformedAnswer,
    OutcomeUnknown,
    PlugwrightError,
    Unavailable,
)
from plugwright.operations.canonical import as_sent
from plugwright.store import idempotency as store
from plugwright.store.database import Database, StoreUnavailable
from plugwright.web.replies import error_body

_MARGIN = 30.0  # seconds after its deadline at which a run must have told how it ended
_AGAIN = 2.0  # seconds after which a repeat of a running call may find its answer
_PAUSES = (0.2, 1.0, 5.0)  # seconds between tries to keep an answer
# The handler has to have something from its caller first, and begins anew when it has it.
_NOT_BEGUN = (InputRequired, CannotAsk, MalformedAnswer, AccessRefused)


@dataclass(frozen=True, slots=True)
class KeyedRun:
    """A call with a key, as one request presents it."""

    step: KeyedStep
    call: store.KeyedCall
    request_id: str

    @classmethod
    def of(cls, step: KeyedStep, key: str, raw: bytes | str, exchange: Exchange) -> Self:
        """A key stands for a call of one operation, by one user through one client, whichever protocol carries it."""
        principal = exchange.principal
        caller = (None, None) if principal is None else (principal.subject, principal.client)
        digest = sha256(json.dumps([step.calls.plugin, step.operation, *caller, key]).encode()).digest()
        credentials = [f"{key} {secret}" for secret in step.calls.secrets]
        return cls(step, store.KeyedCall(digest, as_sent(raw), credentials), exchange.request_id)

    async def once(self, attempt: Attempt) -> bytes:
        """The answer of the one run that there is; otherwise as `KeyedStep.answer`."""
        calls = self.step.calls
        database = await calls.database.opened()
        terms = store.Terms(calls.now(), self.step.timeout + _MARGIN, calls.retention, self.step.may_repeat)
        claimed = await database.write(partial(store.claim, call=self.call, terms=terms))
        if not isinstance(claimed, store.Claimed):
            return _used_before(claimed)
        try:
            answer = await attempt()
        except (InputRequired, PlugwrightError) as error:
            await self._tell(database, self._end_of_failed(error, claimed))
            raise
        await self._tell(database, self._end(claimed, _OK + answer))
        return answer

    def _end_of_failed(self, error: InputRequired | PlugwrightError, claimed: store.Claimed) -> "_Work":
        if isinstance(error, _NOT_BEGUN) or self._may_repeat(error):
            return partial(store.release, call=self.call, holder=claimed.holder)
        head = to_json({"message": error.message, "code": error.code, "status": error.status})
        return self._end(claimed, b"%b\n%b" % (head, error_body(error, self.request_id)))

    def _may_repeat(self, error: PlugwrightError) -> bool:
        """Whether the call may be run again although its handler has failed."""
        is_queue_full = self.step.is_queued and type(error) is Unavailable
        return is_queue_full or (self.step.may_repeat and error.retryable)

    def _end(self, claimed: store.Claimed, answer: bytes) -> "_Work":
        return partial(store.finish, call=self.call, holder=claimed.holder, answer=answer)

    async def _tell(self, database: Database, work: "_Work") -> None:
        """Note how the run ended. Its caller waits for one try only: they have their answer."""
        try:
            await database.write(work)
        except StoreUnavailable:
            self.step.calls.begin(self._tell_later(database, work))

    async def _tell_later(self, database: Database, work: "_Work") -> None:
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            try:
                await database.write(work)
            except StoreUnavailable as error:
                if pause == _PAUSES[-1]:
                    self.step.calls.report(self.step.operation, self.request_id, error)
            else:
                return


_Work = Callable[[Connection], None]
_OK = b"\n"  # in place of the head that a failure has


def _used_before(found: store.Ended | store.Running | store.Lost | store.Other) -> bytes:
    match found:
        case store.Ended(answer=kept):
            head, _, body = kept.partition(b"\n")
            if not head:
                return KeptAnswer(body)
            raise KeptFailure(**from_json(head), body=body)
        case store.Running():
            problem = "A call with this idempotency key is running; repeat it later for its answer"
            raise KeyInProgress(problem, retry_after=_AGAIN)
        case store.Lost():
            raise OutcomeUnknown(
                "A call with this idempotency key began, and its server ended before it did. It may have taken effect: "
                "see whether it has, and if not, call with another key"
            )
        case store.Other():
            raise KeyMismatch("This idempotency key was used for another input; another call needs another key")
