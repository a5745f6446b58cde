"""Paths and URIs with ``{parameters}`` in them."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from plugwright.errors import SetupError

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\{[A-Za-z_][A-Za-z0-9_]*\}|/)*")


def parameters_in(template: str) -> tuple[str, ...]:
    """Names of the parameters in a template, in order."""
    return tuple(_PARAMETER.findall(template))


def check_path(path: str, *, of: str) -> None:
    """Refuse what is not a usable REST path.

    Raises:
        SetupError: the path is not absolute, has an empty segment, mixes text and a parameter in one segment,
            or names a parameter twice.
    """
    names = parameters_in(path)
    segments = path[1:].split("/")
    whole = all("{" not in segment or _PARAMETER.fullmatch(segment) for segment in segments)
    is_plain = all(segments) and not {".", ".."} & set(segments)
    if not _PATH.fullmatch(path) or not is_plain or not whole or len(set(names)) != len(names):
        raise SetupError(
            f"{of}: path {path!r} is not usable; write absolute segments without a trailing slash, "
            "each plain text or one {parameter}"
        )


def covers(template: str, path: str) -> bool:
    """Whether a path with parameters matches another path, which has none."""
    parts, segments = template.split("/"), path.split("/")
    return len(parts) == len(segments) and all(
        part == segment or _PARAMETER.fullmatch(part) for part, segment in zip(parts, segments, strict=True)
    )


@dataclass(frozen=True, slots=True)
class UriTemplate:
    """A resource URI with simple ``{name}`` expressions (RFC 6570 level 1)."""

    text: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]

    def match(self, uri: str) -> dict[str, str] | None:
        """The parameters of a URI, percent-decoded, or nothing when it is not of this form."""
        found = self.pattern.fullmatch(uri)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def uri_template(text: str) -> UriTemplate:
    """Compile a template; a parameter matches one or more characters other than ``/``."""
    parts = _PARAMETER.split(text)
    pattern = "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return UriTemplate(text, re.compile(pattern), parameters_in(text))
