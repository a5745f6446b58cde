"""Whether a socket has something for us that nobody has taken."""

import selectors
import socket


def is_readable(found: socket.socket) -> bool:
    """Whether bytes, or for a listening socket a connection, wait in the kernel now."""
    with selectors.DefaultSelector() as selector:
        selector.register(found, selectors.EVENT_READ)
        return bool(selector.select(0))
