"""The first requests, which an application sends to itself."""

import pytest

from plugwright import SetupError
from plugwright.web.asgi import Receive, Scope, Send
from plugwright.web.replies import send_reply
from plugwright.web.self_test import check_first_requests


async def test_an_application_that_answers_passes_and_refusals_are_answers():
    asked: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(f"{scope['method']} {scope['path']}")
        await send_reply(send, 401 if (await receive())["body"] else 200, [], b"")

    await check_first_requests(app, "plugin.example.com")
    assert asked == ["GET /openapi.json", "POST /mcp"]


@pytest.mark.parametrize("status", [500, None])
async def test_an_application_that_fails_or_says_nothing_does_not_start(status: int | None):
    async def app(_: Scope, __: Receive, send: Send) -> None:
        if status is not None:
            await send_reply(send, status, [], b"")

    with pytest.raises(SetupError, match=r"its own first request for /openapi.json with status 500"):
        await check_first_requests(app, "plugin.example.com")
