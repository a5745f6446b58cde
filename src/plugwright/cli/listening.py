"""The address that a plugin is served at, and what the processes that serve it are told by environment."""

import os
import socket

from plugwright.errors import SetupError

TARGET = "PLUGWRIGHT_TARGET"
PUBLIC_URL = "PLUGWRIGHT_PUBLIC_URL"
_BACKLOG = 2048
_UNSENT = 64 * 1024  # bytes of replies that the kernel holds of one connection before its client takes them


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        SetupError: the address cannot be used; the message says why.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Connections inherit it. Of clients that do not read, the kernel would take 4 MiB each.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        listening.bind((host, port))
    except OSError as error:
        raise SetupError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from None
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    return listening


def open_address(target: str, host: str, port: int, public_url: str | None) -> socket.socket:
    """Listen, and note in the environment what is served and where it is reached.

    Raises:
        SetupError: the address cannot be used.
    """
    listening = listen(host, port)
    os.environ[TARGET] = target
    if public_url is not None:
        os.environ[PUBLIC_URL] = public_url
    elif PUBLIC_URL not in os.environ:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 compared, not bound
        shown = f"[{shown}]" if ":" in shown else shown
        os.environ[PUBLIC_URL] = f"http://{shown}:{listening.getsockname()[1]}"
    return listening


def announcement() -> str:
    """What a person sees when the plugin is served."""
    public_url = os.environ[PUBLIC_URL]
    rows = {
        "Plugin": public_url,
        "MCP": f"{public_url}/mcp",
        "OpenAPI": f"{public_url}/openapi.json",
        "Manifest": f"{public_url}/.well-known/ai-plugin.json",
    }
    return "".join(f"{name:<9} {url}\n" for name, url in rows.items())
