"""A docstring as documentation for a model: its first paragraph, the whole text, and what it says of parameters."""

import inspect
import re
from dataclasses import dataclass

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Notes?):\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"^(?P<indent> +)(?P<name>\*{0,2}\w+)(?: \([^)]*\))?: *(?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """``summary`` is the first paragraph on one line, ``description`` the text before the first section."""

    summary: str
    description: str
    parameters: dict[str, str]


def parse_docstring(text: str | None) -> Docstring:
    """Read a docstring, Google style sections included. A missing one has an empty summary."""
    clean = inspect.cleandoc(text or "")
    heads = list(_SECTION.finditer(clean))
    body = (clean[: heads[0].start()] if heads else clean).strip()
    paragraphs = [_one_line(part) for part in re.split(r"\n\s*\n", body) if part.strip()]
    parameters: dict[str, str] = {}
    for position, head in enumerate(heads):
        if head[1] in {"Args", "Arguments", "Parameters"}:
            end = heads[position + 1].start() if position + 1 < len(heads) else len(clean)
            parameters |= _parameters(clean[head.end() : end])
    return Docstring(paragraphs[0] if paragraphs else "", "\n\n".join(paragraphs), parameters)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parameters(section: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    indent: int | None = None
    name = ""
    for line in section.splitlines():
        entry = _PARAMETER.match(line)
        if entry and (indent is None or len(entry["indent"]) == indent):
            indent = len(entry["indent"])
            name = entry["name"].lstrip("*")
            found[name] = [entry["text"]]
        elif name and line.strip():
            found[name].append(line.strip())
    return {key: _one_line(" ".join(lines)) for key, lines in found.items()}
