"""One HTTP call, described as data, and sent once to see what a subject answers."""

import http.client
from dataclasses import dataclass


@dataclass(frozen=True)
class HttpCall:
    """A request as it goes over the wire, without what the connection adds."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    content_type: str
    body: str


def send(port: int, call: HttpCall) -> Reply:
    """Send one call to a server on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(call.method, call.path, body=call.body.encode() or None, headers=dict(call.headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.getheader("content-type", ""), answer.read().decode())
    finally:
        connection.close()
