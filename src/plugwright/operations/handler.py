"""A function that a caller can reach, compiled: its input, its deadline, and how to call it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugwright.operations.inputs import Input


@dataclass(frozen=True, slots=True)
class Handler:
    """What the call path needs of an operation, a resource or a prompt.

    ``timeout`` is in seconds, ``concurrency`` how many of its calls may be in progress in one process;
    ``call_parameter`` names the parameter that gets the `Call`, if any. ``is_recorded``: its calls may change
    something, and are in the audit record.
    """

    name: str
    function: Callable[..., Any]
    is_async: bool
    call_parameter: str | None
    input: Input
    timeout: float
    concurrency: int | None = None
    is_recorded: bool = False
