r"""Texts as a chat may show them: without what is invisible, reorders what is seen, or steers a terminal.

Taken out are control characters but tab and line feed, ANSI sequences, bidirectional controls, Unicode tags, other
invisible format characters, and lone surrogates. Of variation selectors and zero-width characters, which emoji and
several scripts need, one in a row is kept: more of them spell hidden messages. ``\r\n`` and ``\r`` become ``\n``.
"""

import re
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from plugwright.json_types import is_array, is_object

_INVISIBLE = (
    "\x7f-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls (Unicode UAX 9)
    "\u180e\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, and what is unassigned around them
)
_SELECTOR = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_ZERO_WIDTH = "[\u200b-\u200d]"
_REPEATED = re.compile(f"(?<={_SELECTOR}){_SELECTOR}+|(?<={_ZERO_WIDTH}){_ZERO_WIDTH}+")
_SEQUENCE = r"(?:\[[0-?]*[ !#-/]*[@-\[\]-~])?"  # what follows an escape character (ECMA-48 §5.4), but for quotes
_IN_TEXT = re.compile(
    rf"\x1b{_SEQUENCE}|\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\ud800-\udfff{_INVISIBLE}]+",
)
# JSON as pydantic writes it: control characters are escapes in lower case, whatever is not ASCII stands as it is.
_IN_JSON = re.compile(
    rf'\\u001b{_SEQUENCE}|\\r(?:\\n)?|\\[bf]|\\u00[01][0-9a-f]|[{_INVISIBLE}]+|(\\["\\/ntu])',
)
_ESCAPES = re.compile(rb"\\[ubfr]")
NOT_UTF8 = (PydanticSerializationError, UnicodeEncodeError)
"""What pydantic raises for a lone surrogate, which UTF-8 has no bytes for, and the first also for what is no JSON."""

_BACKSLASH = 0x5C
_DELETE = 0x7F
# How the UTF-8 of variation selectors begins, which Unicode calls printable: the usual ones, and the supplement.
_SELECTORS = b"\xef\xb8"
_SUPPLEMENT = 0xF3


def clean_text(text: str) -> str:
    """A text without what a chat must not show."""
    if text.isascii() and text.isprintable():
        return text
    return _REPEATED.sub("", _IN_TEXT.sub(lambda found: "\n" if found[0][0] == "\r" else "", text))


def clean_json(body: bytes) -> bytes:
    """JSON as pydantic writes it, with every text in it clean."""
    # A number is found in bytes nine times as fast as bytes are.
    if _BACKSLASH in body and _ESCAPES.search(body):
        return _cleaned(body.decode())
    if body.isascii():
        return body if _DELETE not in body else _cleaned(body.decode())
    text = body.decode()
    is_clean = text.isprintable() and not (_SUPPLEMENT in body or _SELECTORS in body)
    return body if is_clean else _cleaned(text)


def encode_clean(value: Any) -> bytes:
    """JSON-like data as JSON, with every text in it clean."""
    return clean_json(encode_whole(value))


def encode_whole(value: Any) -> bytes:
    """JSON-like data as JSON; texts that UTF-8 cannot carry are cleaned."""
    try:
        return to_json(value, by_alias=True, inf_nan_mode="null")
    except NOT_UTF8:
        return to_json(clean_data(value), by_alias=True, inf_nan_mode="null")


def clean_data(value: Any) -> Any:
    """JSON-like data with every text in it clean; whatever else it holds stays."""
    if isinstance(value, str):
        return clean_text(value)
    if is_object(value):
        return {clean_text(key): clean_data(item) for key, item in value.items()}
    if is_array(value):
        return [clean_data(item) for item in value]
    return value


def _cleaned(text: str) -> bytes:
    return _REPEATED.sub("", _IN_JSON.sub(_kept, text)).encode()


def _kept(found: re.Match[str]) -> str:
    return found[1] or (r"\n" if found[0].startswith(r"\r") else "")
