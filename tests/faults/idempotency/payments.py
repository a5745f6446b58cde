"""A plugin that pays, for servers in processes of their own: what was paid is a line each in one file."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Final

from plugwright import Plugin
from tests.web.plugins import new_plugin

FILE: Final = "PAYMENTS_FILE"
"""The variable that names the file."""
TAKES: Final = 0.03  # seconds, before it is paid and after

plugin: Plugin = new_plugin()


@plugin.operation(effect="write", open_world=False)
async def pay(number: int) -> str:
    """Pay a bill."""
    await asyncio.sleep(TAKES)
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, b"%d\n" % number)
    os.close(file)
    await asyncio.sleep(TAKES)
    return f"Paid {number}"


def paid(file: Path) -> Counter[int]:
    """How often each bill was paid."""
    return Counter(map(int, file.read_text().split())) if file.exists() else Counter()
