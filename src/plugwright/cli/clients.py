"""``plugwright clients``: the applications that may ask users for access."""

import time
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from plugwright.cli.deferred import new_group
from plugwright.cli.new_client import Wishes, make_client
from plugwright.cli.presets import PRESETS
from plugwright.cli.scopes import Scopes
from plugwright.cli.showing import AsJson, day, moment, print_facts, print_json, print_table, say
from plugwright.cli.store import database_settings, opened
from plugwright.errors import SetupError
from plugwright.store import audit, clients
from plugwright.store.clients import Client, Source
from plugwright.store.texts import is_storable

app = new_group()

_LONGEST_ID = 2048

AuthMethod = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
ClientId = Annotated[str, typer.Argument(metavar="ID", help="The client's id, as `plugwright clients list` shows it.")]


@app.command()
def add(
    preset: Annotated[
        str | None,
        typer.Argument(metavar="PRESET", help=f"A client that is known beforehand: {', '.join(PRESETS)}."),
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option(help="What users read that it is called; by default the preset's.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URI",
            help="Where users come back to, in place of the preset's; {id} stands for a part that varies. Repeatable.",
        ),
    ] = None,
    scope: Scopes = None,
    auth_method: Annotated[
        AuthMethod | None, typer.Option(help="How it proves who it is; by default with a secret.")
    ] = None,
    jwks_uri: Annotated[
        str | None, typer.Option(metavar="URL", help="Where its public keys are, for private_key_jwt.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="It can keep no secret, such as a desktop program.")] = False,
    untrusted: Annotated[
        bool, typer.Option("--untrusted", help="Errors go to no redirect URI before the user has decided.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a client. Its secret is made here and shown once."""
    wishes = Wishes(
        preset=preset,
        name=name,
        redirect_uris=redirect_uri or (),
        is_public=public,
        auth_method=auth_method,
        jwks_uri=jwks_uri,
        scopes=scope or (),
        is_trusted=not untrusted,
    )
    origins = database_settings().fetch_allowed_origins
    client, secret = make_client(wishes, now=time.time(), private_origins=origins)

    def work(c: Connection) -> None:
        clients.add(c, client)
        audit.record(c, "client_added", at=client.created_at, outcome="ok", client_id=client.id, by="operator")

    with opened(creates=True) as database:
        database.run(work, writes=True)
    if as_json:
        print_json({**_shown(client), "client_secret": secret})
        return
    print_facts([*_facts(client), ("client secret", secret)])
    if secret is not None:
        say("The secret is shown only now; the database keeps no more than its digest.")


@app.command("list")
def list_clients(
    source: Annotated[
        Source | None,
        typer.Option(help="Only those that the operator added, that registered themselves, or whose id is a document."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every client."""
    with opened() as database:
        found = database.run(lambda c: clients.listed(c, source), writes=False)
    if as_json:
        print_json([_shown(client) for client in found])
        return
    print_table(
        ["id", "name", "source", "authentication", "first used"],
        [
            (
                client.id,
                client.name,
                client.source,
                client.auth_method,
                day(client.used_at),
            )
            for client in found
        ],
        folded={"name", "authentication"},
        empty="There are no such clients; `plugwright clients add PRESET` adds one",
    )


@app.command()
def show(client_id: ClientId, as_json: AsJson = False) -> None:
    """Show all that a client is and may do; its secret is known to nobody but itself."""
    with opened() as database:
        client = database.run(lambda c: find_client(c, client_id), writes=False)
    if as_json:
        print_json(_shown(client))
    else:
        print_facts(_facts(client))


@app.command()
def remove(client_id: ClientId) -> None:
    """Remove a client, and revoke all that users allowed it. One with a document or registration may come again."""

    def work(c: Connection) -> Client:
        client, now = find_client(c, client_id), time.time()
        clients.remove(c, client.id, now=now)
        audit.record(c, "client_removed", at=now, outcome="ok", client_id=client.id, by="operator")
        return client

    with opened() as database:
        client = database.run(work, writes=True)
    say(f"Removed {client.name} ({client.id}); all that users allowed it is revoked")


def find_client(c: Connection, client_id: str) -> Client:
    """The client of an id.

    Raises:
        SetupError: there is none.
    """
    found = clients.find(c, client_id) if is_storable(client_id, _LONGEST_ID) else None
    if found is None:
        raise SetupError(f"there is no client {client_id!r}; `plugwright clients list` shows their ids")
    return found


def _shown(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "name": client.name,
        "source": client.source,
        "client_uri": client.uri,
        "auth_method": client.auth_method,
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "redirect_uris": list(client.redirect_uris),
        "redirect_templates": list(client.redirect_templates),
        "onward_origins": list(client.onward_origins),
        "grant_types": list(client.grant_types),
        "scopes": None if client.scopes is None else sorted(client.scopes),
        "requires_pkce": client.requires_pkce,
        "takes_json": client.takes_json,
        "is_trusted": client.is_trusted,
        "created_at": moment(client.created_at),
        "used_at": moment(client.used_at),
    }


def _facts(client: Client) -> list[tuple[str, Any]]:
    return [
        ("client id", client.id),
        ("name", client.name),
        ("web page", client.uri),
        ("source", client.source),
        ("redirects to", (*client.redirect_uris, *client.redirect_templates)),
        ("and from there to", client.onward_origins),
        ("authenticates with", client.auth_method),
        ("keys", client.jwks_uri or ("given with its metadata" if client.jwks else None)),
        ("scopes", "all" if client.scopes is None else " ".join(sorted(client.scopes))),
        ("PKCE", "required" if client.requires_pkce else "not required"),
        ("token requests", "form or JSON" if client.takes_json else "form"),
        ("trusted", "yes" if client.is_trusted else "no"),
        ("added", moment(client.created_at)),
        ("first used", moment(client.used_at) or "never"),
    ]
