"""A plugin whose one operation pays, and keys to repeat its calls with."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from plugwright import Call, Plugin
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.clocks import Clock
from tests.web.plugins import new_plugin

NOW = 1_800_000_000.0
REPLAYED = "idempotency-replayed"


def new_key() -> str:
    """A key that nobody guesses."""
    return str(uuid4())


def settings_for(database_url: str, **given: Any) -> Settings:
    """Settings with a database."""
    return Settings(database_url=SecretStr(database_url), **given)


@dataclass
class Till:
    """A plugin that pays, and what was paid. It pays when `gate` is set, or fails then."""

    paid: list[int] = field(default_factory=list[int])
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def plugin(self, **identity: Any) -> Plugin:
        """The plugin."""
        plugin = new_plugin(**identity)
        said: dict[str, Any] = {"effect": "write", "open_world": False, **self.options}

        @plugin.operation(**said)
        async def pay(amount: int, *, call: Call) -> dict[str, Any]:
            """Pay somebody."""
            self.started.set()
            await self.gate.wait()
            self.paid.append(amount)
            if self.failure is not None:
                raise self.failure
            return {"amount": amount, "number": len(self.paid), "by": call.principal and call.principal.subject}

        return plugin


def open_till(**given: Any) -> Till:
    """A till that pays at once."""
    till = Till(**given)
    till.gate.set()
    return till


def client_of(plugin: Plugin, settings: Settings, clock: Clock) -> Client:
    """A client of a plugin that knows the time of a clock."""
    client = Client(plugin, settings)
    client.app = plugin.asgi(settings, now=clock)
    return client


async def pay(client: Client, key: str | None, amount: int = 5, **parts: Any) -> Reply:
    """Pay over REST."""
    headers = {} if key is None else {"idempotency-key": key}
    return await client.request("POST", "/pay", json={"amount": amount}, headers=headers, **parts)


async def pay_until_answered(client: Client, key: str, amount: int = 5) -> Reply:
    """Repeat a call until it is no longer running."""
    for _ in range(1000):
        reply = await pay(client, key, amount)
        if reply.status != 409 or code(reply)[1] != "idempotency_in_progress":
            return reply
    raise AssertionError("it runs for ever")


def code(reply: Reply) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return reply.status, reply.json()["code"]
