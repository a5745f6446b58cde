"""Compression of an application that always answers with the same document, such as a metadata endpoint."""

from plugwright.web.asgi import ASGIApp, Headers, Message, Receive, Scope, Send
from plugwright.web.compression import SHORT, VARY, Compressor, Forms, coded_headers
from plugwright.web.headers import header_map

_OK = 200


def compressed_app(app: ASGIApp, compressor: Compressor | None) -> ASGIApp:
    """The application, with its one document compressed; the document has no ETag."""
    if compressor is None:
        return app
    forms: Forms = {}

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def hold(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, hold)
        start, end = messages
        if start["status"] == _OK and len(end["body"]) > SHORT:
            found = await compressor.document(end["body"], header_map(scope["headers"]).get(b"accept-encoding"), forms)
            headers: Headers = [header for header in start["headers"] if header[0] != b"content-length"]
            body = end["body"] if found is None else found[1]
            told = [VARY] if found is None else coded_headers(found[0])
            start["headers"] = [*headers, *told, (b"content-length", b"%d" % len(body))]
            end["body"] = body
        await send(start)
        await send(end)

    return serve
