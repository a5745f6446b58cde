"""Where a process is in its life, for whoever has to know: probes, and what must not begin anything new at the end."""

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    """The stages, in their order."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"


class Life:
    """One life. The server that runs the application says when it drains; without one it serves until it is closed."""

    __slots__ = ("_listeners", "stage")

    def __init__(self) -> None:
        self.stage = Stage.STARTING
        self._listeners: list[Callable[[], None]] = []

    def on_drain(self, listener: Callable[[], None]) -> None:
        """Call a function in the event loop when the process begins to end, before calls in progress have ended."""
        self._listeners.append(listener)

    def serve(self) -> None:
        """Note that the process is ready, unless it was told to end meanwhile."""
        if self.stage is Stage.STARTING:
            self.stage = Stage.SERVING

    def drain(self) -> None:
        """Tell everybody, once, that nothing new should begin."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()
