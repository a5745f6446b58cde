"""Who runs a job next: taskiq, by messages that may be lost, doubled or late, and by looks into the store.

A broker delivers the ids of jobs. Whoever claims a job learns from the store whether the message was right; what no
message told of is found by looking. So a broker needs neither acknowledgements nor redelivery: where a process dies,
the lease of its jobs ends (decision 19).
"""

import asyncio
import contextlib
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from taskiq import AckableMessage, AsyncBroker, BrokerMessage, TaskiqMessage
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from plugwright.jobs.running import JobRunner
from plugwright.observe.life import Life
from plugwright.store.database import StoreUnavailable

_TASK = "plugwright:run_job"
_PAUSE = 1.0  # seconds before listening again, should it have failed
MOST_UNREAD = 10_000
"""Messages that nobody has read; what is beyond is found in the store."""


class JobBroker(AsyncBroker):
    """Delivers the ids of jobs: those that it is told of, and at every interval those that ``look`` finds."""

    def __init__(self, poll: float) -> None:
        super().__init__()
        self.look: Callable[[], Awaitable[list[str]]] | None = None
        self._poll = poll
        self._looked_at = -poll

    async def tell(self, job: str) -> None:
        """Tell of a new job. Nobody may hear it."""
        await self.kick(self.formatter.dumps(_message(job)))

    async def listen(self) -> AsyncGenerator[bytes | AckableMessage, None]:
        """Messages, for ever."""
        try:
            while True:
                for message in await self._next():
                    yield message
        finally:
            await self.stop_hearing()

    @abstractmethod
    async def heard(self, seconds: float) -> list[bytes]:
        """Messages that were there, or came within so many seconds."""

    async def stop_hearing(self) -> None:
        """Give back what `heard` holds."""

    async def _next(self) -> list[bytes]:
        left = self._looked_at + self._poll - time.monotonic()
        if left > 0 or self.look is None:
            return await self.heard(max(left, 0.0) or self._poll)
        self._looked_at = time.monotonic()
        try:
            return [self.formatter.dumps(_message(job)).message for job in await self.look()]
        except StoreUnavailable:
            return []


class LocalBroker(JobBroker):
    """Tells this process only, if it runs jobs."""

    def __init__(self, poll: float) -> None:
        super().__init__(poll)
        self._messages: asyncio.Queue[bytes] = asyncio.Queue(MOST_UNREAD)

    async def kick(self, message: BrokerMessage) -> None:
        """Put a message into the queue."""
        if self.look is not None:
            with contextlib.suppress(asyncio.QueueFull):
                self._messages.put_nowait(message.message)

    async def heard(self, seconds: float) -> list[bytes]:
        """The next message."""
        try:
            async with asyncio.timeout(seconds):
                return [await self._messages.get()]
        except TimeoutError:
            return []


@asynccontextmanager
async def receiving(broker: JobBroker, runner: JobRunner, life: Life) -> AsyncGenerator[None]:
    """Run jobs while the block runs, and take none once the process drains.

    Those that run then may finish within the grace; others are handed back at the end of the block.
    """

    async def run_job(job: str) -> None:  # taskiq renames the function that it is given
        await runner.run(job)

    broker.register_task(run_job, task_name=_TASK)
    broker.look = runner.due
    ending = asyncio.Event()
    receiver = Receiver(
        broker,
        max_async_tasks=runner.policy.concurrency,
        run_startup=False,
        ack_type=AcknowledgeType.WHEN_RECEIVED,
        wait_tasks_timeout=runner.policy.grace,
    )
    life.on_drain(ending.set)
    listening = asyncio.create_task(_listen(receiver, ending, runner))
    try:
        yield
    finally:
        ending.set()
        await asyncio.wait([listening])
        await runner.end()


async def _listen(receiver: Receiver, ending: asyncio.Event, runner: JobRunner) -> None:
    while not ending.is_set():
        try:
            await receiver.listen(ending)
        except Exception as error:  # noqa: BLE001 one round of a service: the next has to come
            runner.report("jobs", "", error)
            await asyncio.sleep(_PAUSE)


def _message(job: str) -> TaskiqMessage:
    return TaskiqMessage(task_id=job, task_name=_TASK, labels={}, args=[job], kwargs={})
