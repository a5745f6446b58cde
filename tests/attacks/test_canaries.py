"""Secrets on every way through a served plugin, and none in what stays: logs, figures, spans, database, files, errors.

An error names the fields that are wrong, as their caller called them: a name is no secret. It never tells a value.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import time
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from plugwright.auth.passwords import Passwords
from plugwright.store import accounts
from plugwright.store.database import Database
from tests.attacks.canaries import dump, files_below, hits, new_canary, settle
from tests.attacks.leaking_plugin import WAYS
from tests.attacks.sites import SecureBrowser
from tests.auth.server.flows import Reply, authorization, get_code, pkce, redeem, refresh, register, sign_in, tokens_of
from tests.external.raw_http import exchange
from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, stop, wait_until_live
from tests.upstream.services import service

TARGET: Final = "tests.attacks.leaking_plugin:plugin"
PUBLIC: Final = "https://plugin.example"
NAMES: Final = (
    *("header", "cookie", "query", "body", "oauth", "password", "wrong_password", "username", "garbage"),
    *("secret", "previous_secret", "database", "valkey", "exception", "api_key", "upstream"),
)


async def answer_with(canary: str, request: web.Request) -> web.Response:
    """What an upstream says that puts secrets into its errors."""
    status = int(request.path.rpartition("/")[2])
    told = {"error": f"the key {canary} is not valid", "url": str(request.url), "number": canary}
    return web.Response(
        status=status,
        body=json.dumps(told).encode() if status != 299 else f"<html>{canary}".encode(),
        headers={"X-Secret": canary, "Content-Type": "application/json", "WWW-Authenticate": canary},
        reason=canary,
    )


class Visit:
    """Requests of all kinds to the served plugin; keeps every reply."""

    def __init__(self, browser: SecureBrowser, canaries: Mapping[str, str]) -> None:
        self.browser = browser
        self.canaries = canaries
        self.replies: list[Reply] = []
        canary = canaries["header"]
        self.headers = {
            **dict.fromkeys(("X-Api-Key", "X-Forwarded-For", "Referer", "User-Agent", "tracestate"), canary),
            "Authorization": f"Bearer {canary}",
            "Idempotency-Key": canary,
            "Proxy-Authorization": f"Basic {canary}",
            "traceparent": canary,
            "X-Request-Id": canary,
            "Mcp-Session-Id": canary,
            "Last-Event-ID": canary,
            "Cookie": f"plugwright-session={canaries['cookie']}; other={canaries['cookie']}",
        }

    async def ask(self, method: str, target: str, **options: Any) -> Reply:
        """Send a request, with secrets in its headers unless it brings its own."""
        headers = options.pop("headers", None)
        reply = await self.browser.request(method, target, headers=self.headers | (headers or {}), **options)
        self.replies.append(reply)
        return reply

    async def operations(self) -> None:
        """Inputs that are refused, over REST and MCP."""
        query, body = self.canaries["query"], self.canaries["body"]
        for target in (
            f"/look?number={query}",
            *(f"/look?number=1&unknown={query}", f"/look?number=1&access_token={query}", f"/{query}", f"/jobs/{query}"),
            *(f"/leak?way={query}", f"/mcp?access_token={query}", f"/.well-known/{query}", f"/openapi.json?{query}"),
            f"/ask?path={query}",
        ):
            await self.ask("GET", target)
        for raw in (
            json.dumps({"number": body, "names": [body]}),
            *(
                json.dumps({"number": 1, "unknown": body}),
                json.dumps(body),
                f'{{"number": "{body}',
                f"{body}",
                f"[{body}]",
            ),
            json.dumps({"number": 1, "names": [body] * 200}),
        ):
            for target in ("/put", "/leak", "/leak-later", "/mcp"):
                await self.ask("POST", target, data=raw, headers={"Content-Type": "application/json"})
            await self.ask("POST", "/put", data=raw, headers={"Content-Type": f"text/{body}"})
        for message in self._messages(body):
            headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            await self.ask("POST", "/mcp", data=json.dumps(message), headers=headers)

    def _messages(self, canary: str) -> list[Any]:
        arguments = {"name": "put", "arguments": {"number": canary, "unknown": canary}, "_meta": {"progressToken": 1}}
        return [
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments},
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "leak", "arguments": {"way": canary}},
            },
            {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": [canary]}},
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": canary}},
            {"jsonrpc": "2.0", "method": canary, "params": {"reason": canary}},
            {"jsonrpc": canary, "id": {"a": canary}, "method": [canary]},
        ]

    async def oauth(self) -> None:
        """What strangers send to the authorization server."""
        canary = self.canaries["oauth"]
        for target in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
            for client in ({"client_id": canary, "client_secret": canary}, {}):
                form = {"grant_type": "refresh_token", "refresh_token": canary, "token": canary, **client}
                await self.ask("POST", target, data=form)
                await self.ask("POST", target, json=form)
        code = {"grant_type": "authorization_code", "code": canary, "code_verifier": canary, "client_id": canary}
        await self.ask("POST", "/oauth/token", data=code | {"redirect_uri": f"https://{canary}.example"})
        await self.ask(
            "POST", "/oauth/token", data={**code, "client_assertion": canary, "client_assertion_type": canary}
        )
        given = {"client_id": canary, "state": canary, "scope": canary, "code_challenge": canary, "nonce": canary}
        await self.ask("GET", "/oauth/authorize", params=given)
        await self.ask("GET", f"/oauth/{canary}")
        await self.ask("GET", "/oauth/openid/callback", params={"code": canary, "state": canary})
        await self.ask("POST", "/oauth/register", json={"redirect_uris": canary, "software_statement": canary})
        await self.ask("GET", f"/oauth/register/{canary}")
        await self.ask("POST", "/oauth/sign-in", data={"ticket": canary, "username": canary, "password": canary})
        await self.ask("POST", "/oauth/consent", data={"ticket": canary, "decision": canary})

    async def own(self, access: str) -> None:
        """What goes wrong inside, for a user who may call everything."""
        own = {"Authorization": f"Bearer {access}"}
        for way in WAYS:
            for target in ("/leak", "/leak-later"):
                await self.ask(
                    "POST", target, json={"way": way}, headers=own | {"Idempotency-Key": secrets.token_hex(8)}
                )
        for status in (200, 299, 400, 401, 404, 429, 500, 503):
            await self.ask("GET", f"/ask?path=/{status}", headers=own)


async def sign_in_and_out(browser: SecureBrowser, canaries: dict[str, str]) -> str:
    """Walk to tokens and back; an access token that is valid. What was issued is a secret like any other."""
    client = await register(browser, token_endpoint_auth_method="client_secret_post")  # noqa: S106 the name of a method
    first, scope = pkce(), "notes:read notes:write"
    wrong = await browser.get("/oauth/authorize", params=authorization(client, first.challenge))
    await sign_in(browser, wrong, canaries["username"], canaries["wrong_password"])
    page = await browser.get("/oauth/authorize", params=authorization(client, first.challenge, scope=scope))
    await sign_in(browser, page, "ada", canaries["password"])
    code = await get_code(browser, client, first.challenge, scope=scope)
    tokens = tokens_of(await redeem(browser, client, code, first.verifier))
    again = tokens_of(await refresh(browser, client, tokens.refresh))
    await browser.post("/oauth/revoke", {"token": tokens.access, **client.proof})
    await redeem(browser, client, code, pkce().verifier)  # which ends the family
    code_2 = await get_code(browser, client, first.challenge, scope=scope)
    last = tokens_of(await redeem(browser, client, code_2, first.verifier))
    issued = {
        "code": code,
        "verifier": first.verifier,
        "access": tokens.access,
        "refresh": tokens.refresh,
        "access_2": again.access,
        "refresh_2": again.refresh,
        "access_3": last.access,
        "refresh_3": last.refresh,
        "client_secret": client.secret or "",
        **{f"cookie {name}": value for name, value in browser.cookies.items()},
    }
    canaries.update(issued)
    return last.access


def add_account(url: str, password: str) -> None:
    """The one account, whose password is a canary."""
    hashed = asyncio.run(Passwords().hash(SecretStr(password)))
    database = Database(url)
    database.run(
        lambda c: accounts.add(
            c, provider=accounts.PASSWORD, name="ada", display_name="Ada", password_hash=hashed, now=time.time()
        ),
        writes=True,
    )
    database.close()


def settings_of(url: str, upstream: str, canaries: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """The environment of the served plugin, with a secret wherever one belongs."""
    return {
        **environment(),
        "PLUGWRIGHT_ENVIRONMENT": "production",
        "PLUGWRIGHT_PUBLIC_URL": PUBLIC,
        "PLUGWRIGHT_SECRET": canaries["secret"],
        "PLUGWRIGHT_PREVIOUS_SECRET": canaries["previous_secret"],
        "PLUGWRIGHT_DATABASE_URL": url,
        "PLUGWRIGHT_VALKEY_URL": f"valkey://someone:{canaries['valkey']}@{HOST}:{free_port()}/0",
        "PLUGWRIGHT_VERIFICATION_TOKENS": "openai=public",
        "PLUGWRIGHT_JOBS": "embedded",
        "PLUGWRIGHT_LOG_LEVEL": "debug",
        "PLUGWRIGHT_PUBLIC_METRICS": "true",
        "LEAKING_UPSTREAM": upstream,
        "LEAKING_SECRETS": json.dumps({name: canaries[name] for name in ("exception", "api_key")}),
        "TMPDIR": str(temporary),
    }


@dataclass(frozen=True)
class Left:
    """What a visit left behind: the log, the figures, the spans, files, and what was answered."""

    log: bytes
    metrics: bytes
    traces: bytes
    files: Mapping[str, bytes]
    replies: Sequence[Reply]
    raw: bytes

    @property
    def answers(self) -> bytes:
        """What was answered; nothing that went well is among it but over MCP, where errors look alike."""
        told = [f"{reply.status} {dict(reply.headers)} {reply.text}" for reply in self.replies]
        return "\n".join(told).encode() + self.raw


async def visited(url: str, canaries: dict[str, str], folder: Path) -> Left:
    """Serve the plugin in a process of its own, and visit it."""
    log, temporary = folder / "log", folder / "temporary"
    temporary.mkdir()
    server = Server(free_port())
    traces: list[bytes] = []

    async def collect(request: web.Request) -> web.Response:
        traces.append(await request.read())
        return web.Response()

    async with (
        service(partial(answer_with, canaries["upstream"])) as upstream,
        service(collect) as collector,
    ):
        tracing = {"PLUGWRIGHT_TRACING": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        settings = settings_of(url, upstream.url, canaries, temporary) | tracing
        with log.open("wb+") as output, served(server, settings, output) as process:
            await asyncio.to_thread(wait_until_live, process, server, output)
            browser = SecureBrowser(server.url, "plugin.example")
            visit = Visit(browser, canaries)
            access = await sign_in_and_out(browser, canaries)
            await visit.operations()
            await visit.oauth()
            await visit.own(access)
            raw = await asyncio.to_thread(send_garbage, server, canaries["garbage"].encode())
            metrics = await browser.get("/metrics")
            files = files_below(temporary)
            # In a thread: what is left of the spans is sent at the end, and somebody has to take it.
            await asyncio.to_thread(stop, process)
    return Left(log.read_bytes(), metrics.text.encode(), b"".join(traces), files, visit.replies, raw)


@contextmanager
def served(server: Server, settings: Mapping[str, str], output: IO[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """The process."""
    arguments = [PLUGWRIGHT, "serve", TARGET, "--host", HOST, "--port", str(server.port)]
    process = subprocess.Popen(
        arguments, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    try:
        yield process
    finally:
        stop(process)


def send_garbage(server: Server, canary: bytes) -> bytes:
    """Send what is no HTTP; what is answered."""
    lines = (canary, b"GET /" + canary + b" HTTP/9", b"GET / HTTP/1.1\r\n" + canary)
    return b"".join(exchange(server, line + b"\r\n\r\n").body for line in lines)


@pytest.mark.attack("D2")
async def test_no_secret_stays_behind(database_url: str, tmp_path: Path) -> None:
    canaries = {name: new_canary() for name in NAMES}
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(password=canaries["database"])
    given = url.render_as_string(hide_password=False)
    await asyncio.to_thread(add_account, given, canaries["password"])
    left = await visited(given, canaries, tmp_path)
    database = Database(database_url)
    stored = database.run(dump, writes=False)
    database.close()
    if url.get_backend_name() == "sqlite":
        settle(Path(url.database or ""))
    places = {
        "log": left.log,
        "metrics": left.metrics,
        "traces": left.traces,
        "answers": left.answers,
        "database": stored,
        **left.files,
    }

    assert hits(places | files_below(tmp_path), canaries) == []
    assert_something_happened(left, stored)


def assert_something_happened(left: Left, stored: bytes) -> None:
    """Nothing is found in what is empty: each place has what belongs there."""
    lines = [json.loads(line) for line in left.log.splitlines() if line.startswith(b"{")]
    failed = {line["exception"][0]["type"] for line in lines if line["event"] == "call_failed"}
    assert failed >= {"RuntimeError", "OSError", "ValueError", "IntegrityError", "ExceptionGroup", "Unspeakable"}
    events = {line["event"] for line in lines}
    assert events >= {"call", "call_failed", "thread_failed", "valkey_away", "text not logged", "made"}
    assert {line.get("logger") for line in lines} >= {"library", "asyncio", "py.warnings", "uvicorn.error"}
    assert b"plugwright_calls_total" in left.metrics
    assert b"plugwright.outcome" in left.traces
    assert b"token_issued" in stored
    assert b"'call'" in stored
    assert len([reply for reply in left.replies if reply.status >= 500]) > 10
    assert len([reply for reply in left.replies if 400 <= reply.status < 500]) > 50


def test_no_secret_of_the_settings_is_told_when_the_plugin_does_not_start(tmp_path: Path) -> None:
    canaries = {name: new_canary() for name in NAMES}
    canaries["short"] = canaries["secret"][:20]
    password = canaries["database"]
    usual = settings_of(f"postgresql://ada:{password}@{HOST}:{free_port()}/x", "http://x", canaries, tmp_path)
    malformed = {
        "PLUGWRIGHT_VALKEY_URL": f"valky://someone:{canaries['valkey']}@{HOST}",
        "PLUGWRIGHT_SECRET": canaries["short"],
        "PLUGWRIGHT_THREADS": canaries["previous_secret"],
    }
    commands: list[tuple[list[str], dict[str, str]]] = [
        (["serve", TARGET, "--port", "0"], {}),
        (["audit"], {}),
        (["serve", TARGET, "--port", "0"], malformed),
        (["serve", TARGET, "--port", "0"], {"PLUGWRIGHT_DATABASE_URL": f"postgresql//ada:{password}@{HOST}/x"}),
    ]
    processes = [
        subprocess.Popen(
            [PLUGWRIGHT, *words],
            cwd=ROOT,
            env=usual | changes,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for words, changes in commands
    ]
    told = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [2] * len(commands)
    assert all(text.strip() for text in told)
    places = {f"{number} {' '.join(words)}": told[number] for number, (words, _) in enumerate(commands)}
    assert hits(places, canaries) == []


def test_the_search_finds_what_is_encoded() -> None:
    canary = new_canary()
    for number in range(6):
        found = hits({"here": b64encode(os.urandom(number) + canary.encode() + os.urandom(7))}, {"it": canary})
        assert found == [("it", "here")]
    assert hits({"here": b"x" + canary.encode().hex().encode()}, {"it": canary})
    assert not hits({"here": b64encode(new_canary().encode())}, {"it": canary})
