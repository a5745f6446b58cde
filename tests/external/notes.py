"""A plugin that writes and destroys, for the fuzzer: the weather plugin only reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from plugwright import Call, NotFound, Plugin

plugin = Plugin(
    name="notes",
    title="Notes",
    summary="Keeps notes in memory.",
    instructions="Use this to keep notes.",
    version="1.0.0",
    contact_email="support@example.com",
    legal_url="https://example.com/legal",
    logo=Path(__file__).parents[2] / "examples/weather/assets/logo.png",
)


class Weight(StrEnum):
    """How much a note matters."""

    LIGHT = "light"
    HEAVY = "heavy"


class Author(BaseModel):
    """Who wrote a note."""

    # Not of invisible characters alone, which no answer shows.
    name: Annotated[str, Field(min_length=1, max_length=50, pattern="[A-Za-z]")]
    born: date | None = None


class Note(BaseModel):
    """A note as it is kept."""

    id: int
    text: str
    weight: Weight
    authors: list[Author]
    tags: dict[str, float]


@dataclass
class State:
    """All notes."""

    notes: dict[int, Note] = field(default_factory=dict[int, Note])


@plugin.lifespan
async def lifespan() -> AsyncGenerator[State, None]:
    """Start without notes."""
    yield State()


NoteId = Annotated[int, Field(ge=1, le=1_000_000, description="Number of the note")]


@plugin.operation(effect="write", open_world=False, path="/notes")
async def add_note(
    text: Annotated[str, Field(min_length=1, max_length=200, pattern="[A-Za-z]", description="What to keep")],
    authors: Annotated[list[Author], Field(max_length=3, description="Who wrote it")],
    weight: Annotated[Weight, Field(description="How much it matters")] = Weight.LIGHT,
    tags: Annotated[dict[str, float] | None, Field(description="Words with their weights")] = None,
    *,
    call: Call,
) -> Note:
    """Keep a note."""
    state: State = call.state
    note = Note(id=len(state.notes) + 1, text=text, weight=weight, authors=authors, tags=tags or {})
    state.notes[note.id] = note
    return note


@plugin.operation(effect="read", open_world=False, path="/notes/{id}")
async def get_note(id: NoteId, *, call: Call) -> Note:  # noqa: A002 - the word that the path uses
    """Read one note."""
    state: State = call.state
    if (note := state.notes.get(id)) is None:
        raise NotFound(f"There is no note {id}")
    return note


@plugin.operation(effect="destroy", open_world=False, path="/notes/{id}/contents")
async def clear_note(id: NoteId, *, call: Call) -> Note:  # noqa: A002 - the word that the path uses
    """Remove what a note says."""
    state: State = call.state
    if (note := state.notes.get(id)) is None:
        raise NotFound(f"There is no note {id}")
    state.notes[id] = note.model_copy(update={"text": ""})
    return state.notes[id]


@plugin.operation(effect="write", method="PUT", open_world=False, path="/notes/{id}/weight")
def weigh_note(
    id: NoteId,  # noqa: A002 - the word that the path uses
    weight: Annotated[Weight, Field(description="How much it matters now")],
    *,
    call: Call,
) -> Note:
    """Say how much a note matters."""
    state: State = call.state
    if (note := state.notes.get(id)) is None:
        raise NotFound(f"There is no note {id}")
    state.notes[id] = note.model_copy(update={"weight": weight})
    return state.notes[id]
