"""Reading replies."""

from plugwright.testing import Reply


def only_detail(reply: Reply) -> tuple[str, str]:
    """Field and problem of a reply that names exactly one."""
    assert reply.status == 400
    (detail,) = reply.json()["details"]
    return detail["field"], detail["problem"]
