"""The authorization server as one ASGI application: its paths, and what every answer has in common."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from plugwright.auth.pages.models import ErrorKind
from plugwright.auth.server import urls
from plugwright.auth.server.authorize import authorize
from plugwright.auth.server.consent import consent
from plugwright.auth.server.introspect import introspect
from plugwright.auth.server.metadata import server_metadata
from plugwright.auth.server.oauth_errors import TEMPORARILY_UNAVAILABLE, OAuthError, error_response
from plugwright.auth.server.openid_sign_in import openid_callback, openid_start
from plugwright.auth.server.page_errors import PageOnly, error_page
from plugwright.auth.server.register import register
from plugwright.auth.server.registration import registration
from plugwright.auth.server.revoke import revoke
from plugwright.auth.server.server import Server
from plugwright.auth.server.sign_in_pages import sign_in, sign_out
from plugwright.auth.server.token import token
from plugwright.errors import Unavailable
from plugwright.web.asgi import ASGIApp, Receive, Scope, Send
from plugwright.web.deadline import ClientGone

Endpoint = Callable[[Server, Request], Awaitable[Response]]

_OWN_SITE = frozenset({"same-origin", "none"})

# Clients that run in a page call these; no cookie is looked at, so any page may (RFC 9700 §2.6).
_OPEN: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT: Mapping[str, str] = {
    **_OPEN,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, MCP-Protocol-Version",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Max-Age": "86400",
}


class AuthorizationServer:
    """The ASGI application of an authorization server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        routes = [*_machine_routes(server), *_page_routes(server)]
        self._router = Router(routes, default=self._serve_no_page, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            await self._router(scope, receive, send)
        except ClientGone:
            return

    async def _serve_no_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = error_page(self._server, Request(scope), PageOnly(ErrorKind.NOT_FOUND, status=404))
        await page(scope, receive, send)


def metadata_app(content: Mapping[str, Any]) -> ASGIApp:
    """A metadata document, for programs and pages of any origin."""
    body = json.dumps(content).encode()

    async def serve(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=dict(_PREFLIGHT))
        return Response(body, media_type="application/json", headers={**_OPEN, "Cache-Control": "public, max-age=3600"})

    return Router([Route("/{path:path}", serve, methods=["GET", "OPTIONS"])])


def metadata_apps(server: Server) -> dict[str, ASGIApp]:
    """The server's metadata by path (RFC 8414 §3.1, with and without the issuer's path)."""
    app = metadata_app(server_metadata(server.urls, server.oauth))
    names = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
    return {name + base: app for name in names for base in {"", server.urls.base_path}}


def _machine_routes(server: Server) -> list[Route]:
    endpoints: list[tuple[str, Endpoint, list[str]]] = [
        (urls.TOKEN, token, ["POST"]),
        (urls.REVOKE, revoke, ["POST"]),
        (urls.INTROSPECT, introspect, ["POST"]),
    ]
    if server.oauth.registration:
        endpoints += [
            (urls.REGISTER, register, ["POST"]),
            (urls.REGISTER + "/{client_id}", registration, ["GET", "PUT", "DELETE"]),
        ]
    return [
        Route(path, partial(_machine, server, endpoint), methods=[*methods, "OPTIONS"])
        for path, endpoint, methods in endpoints
    ]


def _page_routes(server: Server) -> list[Route]:
    endpoints: list[tuple[str, Endpoint, list[str]]] = [
        (urls.AUTHORIZE, authorize, ["GET"]),
        (urls.SIGN_IN, sign_in, ["POST"]),
        (urls.SIGN_OUT, sign_out, ["POST"]),
        (urls.CONSENT, consent, ["POST"]),
    ]
    if server.openid is not None:
        endpoints += [(urls.OPENID_START, openid_start, ["GET"]), (urls.OPENID_CALLBACK, openid_callback, ["GET"])]
    routes = [Route(path, partial(_page, server, endpoint), methods=methods) for path, endpoint, methods in endpoints]
    for route in routes:
        # Who only asks for headers must not be given a code.
        route.methods = (route.methods or set()) - {"HEAD"}
    return routes


async def _machine(server: Server, endpoint: Endpoint, request: Request) -> Response:
    """An endpoint for programs: every failure is JSON."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=dict(_PREFLIGHT))
    try:
        response = await endpoint(server, request)
    except OAuthError as error:
        response = error_response(error)
    except Unavailable as error:
        wait = {"Retry-After": str(ceil(error.retry_after or 1))}
        response = error_response(OAuthError(TEMPORARILY_UNAVAILABLE, error.message, status=503, headers=wait))
    except Exception as error:  # noqa: BLE001 a request ends here: what is unforeseen is masked and logged
        server.report(request.url.path, server.next_request_id(), error)
        response = error_response(OAuthError("server_error", "The server failed unexpectedly", status=500))
    response.headers.update(_OPEN)
    return response


async def _page(server: Server, endpoint: Endpoint, request: Request) -> Response:
    """An endpoint for people: every failure is a page."""
    try:
        _check_site(request)
        return await endpoint(server, request)
    except PageOnly as ended:
        page = ended
    except OAuthError as error:
        page = PageOnly(ErrorKind.REQUEST_INVALID, status=error.status)
    except Unavailable as error:
        page = PageOnly(ErrorKind.UNAVAILABLE, status=503, wait=ceil(error.retry_after or 1))
    except Exception as error:  # noqa: BLE001 a request ends here: what is unforeseen is masked and logged
        server.report(request.url.path, server.next_request_id(), error)
        page = PageOnly(ErrorKind.INTERNAL_ERROR, status=500)
    return error_page(server, request, page)


def _check_site(request: Request) -> None:
    """Refuse a form that another site sends. Origin tells nothing: pages without a referrer send ``null``."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") not in _OWN_SITE:
        raise PageOnly(ErrorKind.PAGE_EXPIRED, status=403)
