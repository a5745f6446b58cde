"""Plugins that keep notes of their users: one whose every operation asks for sign-in, and one with an open one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from plugwright import Call, OAuth, Plugin

SCOPES: Final = {"notes:read": "See your notes", "notes:write": "Write notes for you"}


class Note(BaseModel):
    """A note, and whose it is."""

    text: str
    subject: str


def notes_plugin(**oauth: Any) -> Plugin:
    """A plugin with one operation to read and one to write, each with a scope."""
    made = Plugin(
        name="notes",
        title="Notes",
        summary="Keeps notes.",
        instructions="Use this to keep notes.",
        version="1.0.0",
        contact_email="support@example.com",
        legal_url="https://example.com/legal",
        logo=Path(__file__).parents[3] / "examples/weather/assets/logo.png",
        auth=OAuth(scopes=SCOPES, **oauth),
    )

    @made.operation(effect="read", open_world=False, scopes=["notes:read"])
    async def read_note(*, call: Call) -> Note:
        """Your note."""
        return Note(text="Buy milk", subject=call.subject)

    @made.operation(effect="write", open_world=False, scopes=["notes:write"])
    async def write_note(text: Annotated[str, Field(description="What to keep")], *, call: Call) -> Note:
        """Keep a note."""
        return Note(text=text, subject=call.subject)

    return made


protected = notes_plugin()

mixed = notes_plugin(tool_challenge="http")


@mixed.operation(effect="read", open_world=False, public=True)
async def greet() -> str:
    """Say hello to anybody."""
    return "hello"
