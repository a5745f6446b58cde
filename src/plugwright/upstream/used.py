"""Which upstreams the calls of one application have used: authors make them where they like."""

from plugwright.upstream.client import Upstream

_MOST = 100  # so that one that is made anew for each call does not fill the memory


class UsedUpstreams:
    """The upstreams that were used."""

    def __init__(self) -> None:
        self.found: set[Upstream] = set()
        """Each once; the first hundred."""

    def note(self, service: object) -> None:
        """Remember what is an upstream."""
        if service not in self.found and isinstance(service, Upstream) and len(self.found) < _MOST:
            self.found.add(service)
