"""Conditional requests: whether the client has the answer already (RFC 9110 §13.1.2)."""


def has_it(if_none_match: bytes | None, etag: bytes) -> bool:
    """Whether an If-None-Match header names the tag: a list of tags, compared weakly, or ``*``."""
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return etag in tags or b"*" in tags
