"""What all calls of a running plugin share."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from plugwright.observe.events import Observer


@dataclass(slots=True)
class Runtime:
    """Observers, threads, the operator's logger, and the state that the author's lifespan yields.

    ``report`` logs an unforeseen exception: operation, request id, exception.
    """

    observers: Sequence[Observer]
    executor: Executor
    log: Any
    report: Callable[[str, str, BaseException], None]
    next_request_id: Callable[[], str]
    state: Any = None
