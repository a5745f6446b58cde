"""``make demo`` as a newcomer meets it: what it prints works."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.auth.server.flows import Browser, Reply, allow, form_to, forms_of, sign_in
from tests.external.servers import ROOT, environment, free_port

PATIENCE = 60.0


@dataclass
class Demo:
    """The running demo, and what it printed so far."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list[str])

    def printed(self, pattern: str) -> str:
        """The first group of a pattern in what it prints, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := re.search(pattern, "".join(self.lines), re.MULTILINE):
                return found[1]
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.02)
        raise AssertionError(f"{pattern} was not printed:\n{''.join(self.lines)}")

    def listen(self) -> None:
        """Take down what it prints."""
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)


@contextmanager
def demo(**settings: str) -> Generator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "scripts/demo.py", "--port", str(port)],
        cwd=ROOT,
        env=environment() | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Demo(f"http://127.0.0.1:{port}", process)
    listener = threading.Thread(target=running.listen)
    listener.start()
    try:
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        listener.join()
        assert process.stdout is not None
        process.stdout.close()


def files_in(folder: Path) -> list[Path]:
    """What is in a folder."""
    return list(folder.iterdir())


async def begin(browser: Browser, demo: Demo) -> Reply:
    """The sign-in page, from the address that the demo prints."""
    return await browser.get((await browser.get(demo.printed(r"^  Open +(\S+)$"))).location)


async def test_whoever_does_what_it_prints_gets_a_token_and_saves_a_place(tmp_path: Path):
    with demo(TMPDIR=str(tmp_path)) as running:
        username, password = running.printed(r"^  Username  (\S+)$"), running.printed(r"^  Password  (\S+)$")
        async with Browser(running.url) as browser:
            assert (await browser.get("/weather?city=Tokyo")).status == 200
            refused = await browser.get(running.printed(r"^\$ curl -i (\S+)$"))
            assert refused.status == 401
            assert "resource_metadata=" in refused.headers["www-authenticate"]

            consent = await sign_in(browser, await begin(browser, running), username, password)
            assert "See the places you have saved" in consent.text
            answer = (await allow(browser, consent)).location
            landed = await browser.get(answer)
            assert (landed.status, landed.location) == (303, "/done")  # without the code in the address
            landed = await browser.get(answer.partition("/callback")[0] + landed.location)
            assert "You are signed in" in landed.text

            token = running.printed(r"^TOKEN=(\S+)$")
            assert token not in landed.text
            headers = {"Authorization": f"Bearer {token}"}
            saved = await browser.post("/places", json={"name": "home", "city": "Oslo"}, headers=headers)
            assert saved.json() == {"name": "home", "city": "Oslo, NO", "city_id": 3143244}
            assert (await browser.request("DELETE", "/places/home", headers=headers)).status == 200
        assert files_in(tmp_path)
    assert running.process.returncode == 0
    assert files_in(tmp_path) == []  # it leaves nothing behind


async def test_whoever_says_no_or_comes_with_a_foreign_answer_gets_no_token():
    with demo() as running:
        async with Browser(running.url) as browser:
            username, password = running.printed(r"^  Username  (\S+)$"), running.printed(r"^  Password  (\S+)$")
            consent = await sign_in(browser, await begin(browser, running), username, password)
            form = form_to(consent, "/oauth/consent")
            answer = (await browser.submit(form, ("decision", "deny"))).location
            denied = await browser.get(answer)
            assert denied.status == 400
            assert "access_denied" in denied.text
            begun = running.printed(r"^  Open +(\S+)$")
            for query in ("", "?code=x", "?code=x&state=y", "?error=%3Cscript%3E", answer.partition("callback")[2]):
                foreign = await browser.get(f"{begun}callback{query}")
                assert foreign.status == 400
                assert "not the answer to a sign-in" in foreign.text
                assert forms_of(foreign) == []
                assert "<script" not in foreign.text
        assert "TOKEN=" not in "".join(running.lines)


def test_in_production_it_does_not_start_and_says_everything_that_is_wrong():
    done = subprocess.run(
        [sys.executable, "scripts/demo.py", "--port", str(free_port())],
        cwd=ROOT,
        env=environment() | {"PLUGWRIGHT_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    told = next(line for line in done.stderr.splitlines() if "PLUGWRIGHT_" in line)
    for wrong in ("DEMO_ACCOUNT", "PUBLIC_URL", "VERIFICATION_TOKENS"):
        assert f"PLUGWRIGHT_{wrong}" in told
    assert "Password" not in done.stdout


@pytest.mark.parametrize("setting", ["PLUGWRIGHT_SECRET", "PLUGWRIGHT_DATABASE_URL"])
async def test_it_uses_nothing_that_belongs_to_another_plugin(setting: str, tmp_path: Path):
    theirs = tmp_path / "theirs"
    theirs.write_text("sqlite:////nowhere/at-all/their.db")
    with demo(**{f"{setting}_FILE": str(theirs), setting: theirs.read_text()}) as running:
        assert running.printed(r"^  Password  (\S+)$")
    assert running.process.returncode == 0


async def test_behind_a_public_url_that_is_what_it_prints():
    with demo(PLUGWRIGHT_PUBLIC_URL="https://demo.example/") as running:
        assert running.printed(r"^  MCP +(\S+)$") == "https://demo.example/mcp"
        async with Browser(running.url) as browser:
            begun = (await browser.get(running.printed(r"^  Open +(\S+)$"))).location
        assert begun.startswith("https://demo.example/oauth/authorize?")
