"""One worker process, as its supervisor sees it."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Sequence

from plugwright.serving.messages import READY, RETIRE


class Worker:
    """A process that serves on a shared listening socket, from its start to its end.

    The last arguments of its command are two file descriptors: the listening socket, and the one it is controlled by.
    """

    def __init__(self, command: Sequence[str], listening: socket.socket) -> None:
        self.control, theirs = socket.socketpair()
        self.control.settimeout(0)
        with theirs:
            shared = (listening.fileno(), theirs.fileno())
            # In a group of its own: a terminal's signals come to the supervisor, which passes them on once.
            self._process = subprocess.Popen(  # noqa: S603 this program again
                [*command, *map(str, shared)], pass_fds=shared, stdin=subprocess.DEVNULL, process_group=0
            )
        self.started_at = time.monotonic()
        self.ending_since: float | None = None
        self.is_ready = False

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended: an exit code, or the negative number of a signal; nothing while it runs."""
        return self._process.poll()

    def listen(self) -> None:
        """Take what it says: that it is ready. It has nothing more to say after that."""
        with contextlib.suppress(OSError):
            self.is_ready = self.is_ready or self.control.recv(64) == READY

    def retire(self) -> None:
        """Let it finish what it has: another one serves now."""
        self._begin_end()
        with contextlib.suppress(OSError):
            self.control.send(RETIRE)

    def stop(self, how: signal.Signals) -> None:
        """Let it end in its orderly way."""
        self._begin_end()
        self._process.send_signal(how)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def bury(self) -> None:
        """Wait for a process that was killed, and close what led to it."""
        self._process.wait()
        self.control.close()

    def _begin_end(self) -> None:
        if self.ending_since is None:
            self.ending_since = time.monotonic()
