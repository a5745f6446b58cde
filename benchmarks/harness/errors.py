"""What can go wrong in a run: always one clear line for the person who started it."""


class BenchError(Exception):
    """The benchmark cannot go on; the message says why."""
