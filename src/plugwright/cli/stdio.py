"""``plugwright stdio``: MCP over standard input and output."""

import asyncio
import contextlib
import os
import sys
from typing import BinaryIO

from plugwright.cli.loading import load_plugin
from plugwright.cli.serve import Target
from plugwright.plugin import Plugin
from plugwright.protocols.mcp.stdio import serve_stdio


def stdio(target: Target) -> None:
    """Serve a plugin's MCP side to the program that started this one; the log goes to standard error."""
    os.environ.setdefault("PLUGWRIGHT_LOG_STYLE", "json")
    output = sys.stdout.buffer
    # A stray print in an author's code would break the protocol, so it goes to the log.
    with contextlib.redirect_stdout(sys.stderr):
        asyncio.run(_serve(load_plugin(target), output))


async def _serve(plugin: Plugin, output: BinaryIO) -> None:
    application = plugin.asgi()
    async with application.running():
        await serve_stdio(application.mcp, output, application.runtime.next_request_id)
