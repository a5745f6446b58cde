"""A plugin to deploy: something of everything that a proxy or a second replica could break."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field

from plugwright import Call, OAuth, Plugin
from tests.operations.plugins import LOGO

TARGET: Final = "tests.external.deployed.plugin:plugin"
GATE: Final = "DEPLOYED_GATE"
PAUSE: Final = 0.01

plugin = Plugin(
    name="deployed_notes",
    title="Notes",
    summary="Keeps notes.",
    instructions="Use this to keep notes.",
    version="1.0.0",
    contact_email="support@example.com",
    legal_url="https://example.com/legal",
    logo=LOGO,
    auth=OAuth(scopes={"notes:read": "See your notes", "notes:write": "Write notes for you"}),
)


class Note(BaseModel):
    """A note, whose it is, and which process answered."""

    text: str
    subject: str
    process: int


@plugin.operation(effect="read", open_world=False, scopes=["notes:read"])
async def read_note(*, call: Call) -> Note:
    """Your note."""
    return Note(text="Buy milk", subject=call.subject, process=os.getpid())


@plugin.operation(effect="write", open_world=False, scopes=["notes:write"])
async def write_note(text: Annotated[str, Field(description="What to keep")], *, call: Call) -> Note:
    """Keep a note."""
    return Note(text=text, subject=call.subject, process=os.getpid())


@plugin.operation(effect="read", open_world=False, public=True)
async def long_text() -> str:
    """A text that is worth compressing."""
    return "All work and no play makes Jack a dull boy. " * 200


@plugin.operation(effect="read", open_world=False, public=True, limit="3/hour", limit_by="address")
async def rare() -> int:
    """Something that each address may ask for three times."""
    return os.getpid()


@plugin.operation(effect="write", open_world=False, background=True, scopes=["notes:write"])
async def copy_notes(*, call: Call) -> Note:
    """Copy your notes, in the background."""
    return Note(text="copied", subject=call.subject, process=os.getpid())


async def at_gate(call: Call) -> int:
    """Leaves a mark of the process at the gate, tells that it has begun, and ends when the gate is open."""
    gate = Path(os.environ[GATE])
    (gate / str(os.getpid())).touch()
    call.progress(1, 2, "begun")
    while not (gate / "open").exists():  # noqa: ASYNC110 another process opens it
        await asyncio.sleep(PAUSE)
    return os.getpid()


@plugin.operation(effect="read", open_world=False, public=True)
async def read_at_gate(*, call: Call) -> int:
    """The process that answers, once the gate is open."""
    return await at_gate(call)


@plugin.operation(effect="write", open_world=False, public=True)
async def write_at_gate(*, call: Call) -> int:
    """Change something, once the gate is open."""
    return await at_gate(call)
