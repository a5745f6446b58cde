"""Operations whose calls are queued: what their authors cannot say besides."""

from typing import Protocol

from plugwright.errors import SetupError

_REASONS = {
    "cache": "its answer is a job, and kept for its owner anyway",
    "widget": "its answer is a job; show the result with a reading operation",
    "concurrency": "how many jobs run at a time is PLUGWRIGHT_JOBS_CONCURRENCY",
}


class Wanted(Protocol):
    """The options that matter here."""

    @property
    def background(self) -> bool:
        """Whether calls are queued."""
        ...

    @property
    def method(self) -> str | None:
        """The HTTP method, if the author says one."""
        ...


def background_method(name: str, wanted: Wanted) -> str | None:
    """The HTTP method of an operation whose calls are queued, whatever its effect; nothing where they are not.

    Raises:
        SetupError: an option makes no sense with it.
    """
    if wanted.background not in {True, False}:
        raise SetupError(f"{name}: background must be True or False")
    if not wanted.background:
        return None
    for option, reason in _REASONS.items():
        if getattr(wanted, option) is not None:
            raise SetupError(f"{name}: leave {option} out of what runs in the background: {reason}")
    if wanted.method == "GET":
        raise SetupError(f"{name}: GET must change nothing (RFC 9110 §9.2.1), and this queues a job; leave method out")
    return "POST"
