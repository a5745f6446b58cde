"""Content blocks for revisions that do not have all of them."""

from typing import Any

from plugwright.protocols.mcp.revisions import Revision


def block_for(block: dict[str, Any], revision: Revision) -> dict[str, Any]:
    """A block that the revision can carry: what it does not know becomes a text that says what was there."""
    if block["type"] == "resource_link" and not revision.has_structured:
        return {"type": "text", "text": f"{block['name']}: {block['uri']}"}
    if block["type"] == "audio" and not revision.has_annotations:
        return {"type": "text", "text": f"Audio ({block['mimeType']}), which this client cannot receive"}
    return block
