"""What observers learn of a call when it has ended."""

from collections.abc import Callable
from typing import NamedTuple


class CallFinished(NamedTuple):
    """One call, as every observer sees it. ``outcome`` is ``ok`` or an error's code; ``seconds`` its duration."""

    operation: str
    protocol: str
    outcome: str
    seconds: float
    request_id: str


Observer = Callable[[CallFinished], None]
