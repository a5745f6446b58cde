"""The socket that a plugin listens on."""

import contextlib
import socket

import pytest

from plugwright.cli.listening import listen


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system cannot bound it")
def test_the_kernel_holds_little_of_what_clients_do_not_take():
    sent = 0
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        accepted.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while sent < 3_000_000:
                sent += accepted.send(bytes(50_000))
    assert sent < 1_000_000
