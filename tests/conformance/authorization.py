"""Runs the official suite's scenarios for authorization servers, with a person who answers its browser step."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path
from typing import Final

from tests.conformance.suite import RUN_WITHIN, Report, read
from tests.external.sign_in.http_browser import HttpPerson

# The suite prints where its user has to go, alone on a line, and then waits at its own callback.
REQUEST: Final = re.compile(r"(http://\S+/oauth/authorize\?\S+)")


async def run(command: tuple[str, str], url: str, out: Path, person: HttpPerson, *more: str) -> Report:
    """Run every scenario for authorization servers against the one at a URL."""
    process = await asyncio.create_subprocess_exec(
        *command, "authorization", "--url", url, "--output-dir", str(out), *more, cwd=out, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(RUN_WITHIN):
            output = await _answer(process, person)
            exit_code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Report(exit_code, output, tuple(read(out, "authorization-server")))


async def _answer(process: Process, person: HttpPerson) -> str:
    """Go through each authorization request that the suite prints; all that it printed."""
    output = ""
    assert process.stdout is not None
    async for line in process.stdout:
        text = line.decode()
        output += text
        if (found := REQUEST.search(text)) is not None:
            await person.authorize(found[1])
    return output
