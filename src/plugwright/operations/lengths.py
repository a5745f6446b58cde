"""How long an answer may be: ChatGPT takes fewer than 100,000 characters (decision 18).

A text is cut and says so. Anything else cannot be cut without lying about what there is, so the call fails and says
how to ask for less.
"""

from collections.abc import Callable

from pydantic_core import from_json, to_json

from plugwright.errors import AnswerTooLong, SetupError

MOST_CHARACTERS = 95_000  # what a protocol puts around an answer fits into the rest
_LEAST = 200
_NOTICE = 60  # characters, of which the notice of a cut has fewer

Fit = Callable[[bytes], bytes]
"""Gives the JSON of an answer that is in bounds."""


def check_limit(name: str, limit: int) -> None:
    """Check what an author says of the length of answers.

    Raises:
        SetupError: it is no number of characters that a notice fits into.
    """
    if type(limit) is not int or limit < _LEAST:
        raise SetupError(f"{name}: answer_limit must be a number of characters, {_LEAST} at least; or leave it out")


def fit_text(limit: int) -> Fit:
    """For an answer that is one text: cut at its end."""

    def fit(body: bytes) -> bytes:
        written = body.decode()
        if len(written) <= limit:
            return body
        kept = written[: limit - _NOTICE]
        # Not in the middle of an escape, all of which are two characters long in what is clean.
        kept = kept[:-1] if (len(kept) - len(kept.rstrip("\\"))) % 2 else kept
        whole, shown = from_json(body), from_json(kept + '"')
        return to_json(_cut(whole, len(shown)))

    return fit


def fit_blocks(limit: int) -> Fit:
    """For content blocks: the text that passes the bound is cut, and all after it; a picture has no characters."""

    def fit(body: bytes) -> bytes:
        blocks = from_json(body)
        left = limit
        for block in blocks:
            held = block["resource"] if block["type"] == "resource" else block
            text = held.get("text", "")
            if len(text) > left:
                held["text"] = _cut(text, max(0, left - _NOTICE))
            left = max(0, left - len(text))
        return to_json(blocks)

    return fit


def fit_data(limit: int, *, is_reading: bool) -> Fit:
    """For data: in bounds as it is, or refused."""

    def fit(body: bytes) -> bytes:
        length = len(body.decode())
        if length > limit:
            raise too_long(length, f"{limit} are the most that a chat takes", is_reading=is_reading)
        return body

    return fit


def too_long(length: int, bound: str, *, is_reading: bool) -> AnswerTooLong:
    """The error for an answer of so many characters; ``bound`` says how many it may have."""
    return AnswerTooLong(
        f"{_DONE[is_reading]} has {length} characters, and {bound}; "
        "ask for less, such as fewer items, one page, or a narrower question"
    )


_DONE = {True: "The answer", False: "The call was carried out and must not be repeated, but its answer"}


def _cut(text: str, kept: int) -> str:
    return f"{text[:kept]} … [cut: {kept} of {len(text)} characters]"
