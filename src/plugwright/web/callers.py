"""Who may call: under which Host, and from pages of which Origin; and from which address they do."""

from dataclasses import dataclass, field

from plugwright.errors import HostRefused
from plugwright.web.addresses import Addresses
from plugwright.web.hosts import Hosts
from plugwright.web.origins import Origins


@dataclass(frozen=True, slots=True)
class Callers:
    """The hosts and origins of a plugin and the addresses of its callers, the same for every protocol."""

    hosts: Hosts
    origins: Origins
    addresses: Addresses = field(default_factory=Addresses)

    def check_host(self, header: bytes | None) -> None:
        """Refuse a Host header that does not name this server.

        Raises:
            HostRefused: it does not.
        """
        if not self.hosts.allows(header):
            raise HostRefused("This server does not answer to that Host; its operator can allow it")
