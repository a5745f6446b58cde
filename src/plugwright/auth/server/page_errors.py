"""Requests that end on a page of ours: the person is told, and nothing leads anywhere."""

from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.pages.models import ErrorKind, ErrorPage, ReturnLink
from plugwright.auth.server.server import Server


class PageOnly(Exception):
    """The request ends here.

    ``link`` is a way back to the client, which the person may take; ``wait`` are seconds until a repeat makes sense.
    """

    def __init__(
        self, kind: ErrorKind, *, status: int = 400, link: ReturnLink | None = None, wait: int | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.link = link
        self.wait = wait


def error_page(server: Server, request: Request, ended: PageOnly) -> Response:
    """The page that says what went wrong."""
    page = ErrorPage(ended.kind, server.next_request_id(), return_link=ended.link, wait_seconds=ended.wait)
    return server.pages.respond(page, accept_language=request.headers.get("accept-language"), status=ended.status)
