"""What observers learn of a call when it has ended."""

from collections.abc import Callable

Observe = Callable[[str, str, float, str], None]
"""Told of one call: its protocol, its outcome (``ok`` or an error's code), its duration in seconds, its request id."""

Observer = Callable[[str], Observe]
"""Compiled per operation, by name, when the plugin starts."""
