"""The plugin's life around its calls, as an ASGI server drives it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from plugwright import Call, NotFound, SetupError
from plugwright.testing import Client
from tests.web.plugins import new_plugin


class Server:
    """The server's side of the lifespan protocol."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.end = asyncio.Event()
        self.started = asyncio.Event()
        self._asked = 0

    async def receive(self) -> dict[str, Any]:
        """Start at once, end when told."""
        self._asked += 1
        if self._asked == 1:
            return {"type": "lifespan.startup"}
        await self.end.wait()
        return {"type": "lifespan.shutdown"}

    async def send(self, message: Any) -> None:
        """Keep what the application says."""
        self.sent.append(dict(message))
        self.started.set()


async def test_calls_see_what_the_lifespan_yields_and_it_is_closed_after_them() -> None:
    plugin = new_plugin()
    steps: list[str] = []

    @plugin.lifespan
    async def life() -> AsyncGenerator[str]:
        steps.append("open")
        yield "state"
        steps.append("close")

    @plugin.operation(effect="read", open_world=False, path="/look")
    async def look(*, call: Call) -> str:
        """Look at the state."""
        steps.append("call")
        return call.state

    @plugin.operation(effect="read", open_world=False, path="/look-in-thread")
    def look_in_thread(call: Call) -> list[str]:
        """Look at the state from a thread."""
        return [call.state, call.operation, call.protocol, call.request_id]

    async with Client(plugin) as client:
        assert (await client.get("/look")).json() == "state"
        reply = await client.get("/look-in-thread")

    assert reply.json() == ["state", "look_in_thread", "rest", reply.json()[3]]
    assert steps == ["open", "call", "close"]


async def test_a_server_opens_and_closes_the_lifespan() -> None:
    plugin = new_plugin()
    steps: list[str] = []

    @plugin.lifespan
    async def life() -> AsyncGenerator[None]:
        steps.append("open")
        yield
        steps.append("close")

    server = Server()
    running = asyncio.create_task(plugin.asgi()({"type": "lifespan"}, server.receive, server.send))
    await server.started.wait()
    assert steps == ["open"]
    server.end.set()
    await running

    assert steps == ["open", "close"]
    assert [message["type"] for message in server.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_lifespan_that_fails_to_open_stops_the_server_and_tells_only_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin = new_plugin()

    @plugin.lifespan
    async def life() -> AsyncGenerator[None]:
        raise RuntimeError("s3cret password")
        yield

    server = Server()
    with contextlib.suppress(RuntimeError):
        await plugin.asgi()({"type": "lifespan"}, server.receive, server.send)

    assert [message["type"] for message in server.sent] == ["lifespan.startup.failed"]
    assert "s3cret" not in server.sent[0]["message"]
    assert "s3cret" in capsys.readouterr().err


async def test_a_lifespan_that_fails_to_close_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()

    @plugin.lifespan
    async def life() -> AsyncGenerator[None]:
        yield
        raise RuntimeError("s3cret password")

    server = Server()
    server.end.set()
    await plugin.asgi()({"type": "lifespan"}, server.receive, server.send)

    assert server.sent[-1]["type"] == "lifespan.shutdown.failed"
    assert "s3cret" not in server.sent[-1]["message"]
    assert "s3cret" in capsys.readouterr().err


async def test_one_call_in_process_has_the_lifespan_around_it() -> None:
    plugin = new_plugin()
    steps: list[str] = []

    @plugin.lifespan
    async def life() -> AsyncGenerator[int]:
        yield 2
        steps.append("close")

    @plugin.operation(effect="read", open_world=False)
    async def double(number: int, *, call: Call) -> dict[str, int]:
        """Double a number."""
        return {"twice": number * call.state}

    @plugin.operation(effect="read", open_world=False)
    async def fail() -> None:
        """Fail."""
        raise NotFound("Nothing")

    assert await plugin.invoke("double", {"number": 21}) == {"twice": 42}
    with pytest.raises(NotFound):
        await plugin.invoke("fail", {})
    with pytest.raises(SetupError, match="double"):
        await plugin.invoke("doubel", {})
    assert steps[:2] == ["close", "close"]
