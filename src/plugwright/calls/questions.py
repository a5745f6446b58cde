"""What an operation may ask in the middle of a call, and the answers.

MCP specification 2026-07-28, "Multi round-trip requests": a call ends with its questions, and the client repeats
it with the answers. The handler then runs again from its start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from plugwright.errors import MalformedAnswer
from plugwright.json_types import is_array, is_object
from plugwright.operations.content import Message
from plugwright.operations.schemas import Schema

Action = Literal["accept", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class Form:
    """Ask the person to fill in a flat form; ``model`` describes it. Never ask for a secret in a form."""

    message: str
    model: type[BaseModel]


@dataclass(frozen=True, slots=True)
class LinkToOpen:
    """Ask the person to open a page. Acceptance means only that they will, so check on the repeat."""

    message: str
    url: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Ask the client's model for a message of at most ``max_tokens`` tokens."""

    messages: Sequence[Message | Mapping[str, Any]]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Roots:
    """Ask the client which folders it works in."""


Question = Form | LinkToOpen | Sampling | Roots


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. ``content`` is the form's model instance, the sampled message, or the list of roots."""

    action: Action
    content: Any = None


class InputRequired(BaseException):
    """Ends a call with the questions still open. Not an `Exception`, so that no handler swallows it."""

    def __init__(
        self, questions: Mapping[str, Question], *, answered: Mapping[str, Any], remember: Mapping[str, Any]
    ) -> None:
        super().__init__("the call needs answers")
        self.questions = questions
        self.answered = answered
        self.remember = remember


def read_answer(name: str, question: Question, raw: Any) -> Answer:
    """A client's answer, checked against its question.

    Raises:
        MalformedAnswer: it has not the form that the question asks for.
    """
    if not is_object(raw):
        raise MalformedAnswer(f"The answer {name!r} must be an object")
    if isinstance(question, Sampling):
        content = raw.get("content")
        blocks = content if is_array(content) else [content]
        if raw.get("role") not in ("user", "assistant") or not all(map(_is_block, blocks)):
            raise MalformedAnswer(f"The answer {name!r} must be a sampled message with role and content")
        return Answer("accept", raw)
    if isinstance(question, Roots):
        roots = raw.get("roots")
        if not is_array(roots) or not all(is_object(root) and isinstance(root.get("uri"), str) for root in roots):
            raise MalformedAnswer(f"The answer {name!r} must hold a list of roots, each with a uri")
        return Answer("accept", roots)
    action = raw.get("action")
    if action not in ("accept", "decline", "cancel"):
        raise MalformedAnswer(f'The answer {name!r} must have the action "accept", "decline" or "cancel"')
    if action != "accept" or isinstance(question, LinkToOpen):
        return Answer(action)
    try:
        return Answer("accept", question.model.model_validate(raw.get("content"), strict=False))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "content"
        raise MalformedAnswer(f"The answer {name!r} does not fit its form at {where!r}") from None


def _is_block(value: Any) -> bool:
    if not is_object(value) or not isinstance(value.get("type"), str):
        return False
    return value["type"] != "text" or isinstance(value.get("text"), str)


def form_schema(form: Form) -> Schema:
    """The flat schema of a form, in the subset that elicitation allows (nullable unions are taken apart)."""
    schema = form.model.model_json_schema()
    properties: dict[str, Any] = {}
    for name, entry in schema.get("properties", {}).items():
        target = _inlined(entry, schema.get("$defs", {}))
        properties[name] = {key: value for key, value in target.items() if key != "title" or "title" in entry}
    flat: Schema = {"type": "object", "properties": properties}
    if schema.get("required"):
        flat["required"] = schema["required"]
    return flat


def _inlined(entry: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in entry:
        rest = {key: value for key, value in entry.items() if key != "$ref"}
        return definitions[entry["$ref"].rsplit("/", 1)[-1]] | rest
    if "anyOf" in entry:
        real = [part for part in entry["anyOf"] if part.get("type") != "null"]
        rest = {
            key: value
            for key, value in entry.items()
            if key not in {"anyOf", "default"} or (key == "default" and value is not None)
        }
        return _inlined(real[0], definitions) | rest if len(real) == 1 else entry
    return entry
