"""Time that passes when a test says so."""

from dataclasses import dataclass

from plugwright import Plugin
from plugwright.settings import Settings
from plugwright.testing import Client


@dataclass
class Clock:
    """A clock for ``now`` or ``clock``."""

    time: float = 1000.0

    def __call__(self) -> float:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += seconds


def client_at(plugin: Plugin, clock: Clock, settings: Settings | None = None) -> Client:
    """A client of a plugin whose limits count the time of a clock."""
    client = Client(plugin, settings)
    client.app = plugin.asgi(settings or Settings(), clock=clock)
    return client
