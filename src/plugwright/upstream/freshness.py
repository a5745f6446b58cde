"""For how long a fetched document may be kept (RFC 9111 §4.2.1), inside bounds that its sender cannot move."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_AGE = re.compile(r'max-age\s*=\s*"?([0-9]{1,10})"?', re.IGNORECASE)
_STORE_NOT = frozenset({"no-store", "no-cache"})


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The bounds: at least, at most, and what holds where the sender says nothing. In seconds."""

    shortest: float = 60.0
    longest: float = 86_400.0
    usual: float = 600.0

    def of(self, headers: Mapping[str, str]) -> float:
        """For how many seconds a document that came with these headers (names in lower case) may be kept."""
        directives = [directive.strip() for directive in headers.get("cache-control", "").split(",")]
        if any(directive.lower() in _STORE_NOT for directive in directives):
            return self.shortest
        ages = [int(found[1]) for directive in directives if (found := _MAX_AGE.fullmatch(directive))]
        if not ages:
            return self.usual
        return min(max(min(ages) - _age(headers), self.shortest), self.longest)


def _age(headers: Mapping[str, str]) -> int:
    text = headers.get("age", "0").strip()
    return int(text) if text.isascii() and text.isdigit() else 0
