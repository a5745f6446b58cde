"""From a host name to the addresses that are connected to: one look-up, and every answer must be public.

aiohttp asks its resolver once for a new connection and connects to just these addresses. With its cache of names
off, there is no second look-up in which a name could point elsewhere (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from plugwright.upstream.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host name and a port to numeric addresses."""

_MOST_ADDRESSES = 32


class ResolutionRefused(Exception):
    """The name has no address, or one that is not public."""


class SystemResolver:
    """Resolves as the system does, in threads of its own: slow name servers of strangers hold up nobody else."""

    def __init__(self, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name.

        Raises:
            OSError: it has none.
        """
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [str(address[0]) for _, _, _, _, address in found]

    def close(self) -> None:
        """Take no more names; nothing is waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class PublicResolver(AbstractResolver):
    """Resolves for aiohttp, and refuses a name as soon as one of its addresses is not public."""

    def __init__(self, resolve: Resolve, *, exempt: frozenset[tuple[str, int]]) -> None:
        self._resolve = resolve
        self._exempt = exempt

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's signature; both families are used
    ) -> list[ResolveResult]:
        """Look the name up once.

        Raises:
            ResolutionRefused: it has no address, or one that is not public.
        """
        addresses = list(dict.fromkeys(await self._resolve(host, port)))
        is_exempt = (host, port) in self._exempt
        if not addresses or not (is_exempt or all(map(is_public, addresses))):
            raise ResolutionRefused(host)
        return [_result(host, port, address) for address in addresses[:_MOST_ADDRESSES]]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    is_ipv4 = ip_address(address).version == 4  # noqa: PLR2004 - the version is its own name
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET if is_ipv4 else socket.AF_INET6,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
