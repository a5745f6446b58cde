"""The revisions of the Model Context Protocol that are served, and what each can carry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision. ``is_modern``: no handshake, every request carries its own envelope (from 2026-07-28 on)."""

    version: str
    is_modern: bool = False
    has_batches: bool = False
    has_annotations: bool = True
    has_titles: bool = True
    has_structured: bool = True
    has_icons: bool = True

    @property
    def has_all_blocks(self) -> bool:
        """Whether every kind of content block may be sent: audio came with annotations, links with structure."""
        return self.has_annotations and self.has_structured


MODERN = Revision("2026-07-28", is_modern=True)
LATEST_LEGACY = Revision("2025-11-25")
WITHOUT_HEADER = Revision("2025-03-26", has_batches=True, has_titles=False, has_structured=False, has_icons=False)
"""What a request without a version header speaks (specification 2025-06-18, basic/transports)."""

REVISIONS = {
    revision.version: revision
    for revision in (
        MODERN,
        LATEST_LEGACY,
        Revision("2025-06-18", has_icons=False),
        WITHOUT_HEADER,
        Revision("2024-11-05", has_annotations=False, has_titles=False, has_structured=False, has_icons=False),
    )
}
SUPPORTED = list(REVISIONS)
