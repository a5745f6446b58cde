"""``plugwright audit``: who did what, and what happened to whose rights."""

from typing import Annotated

import typer


def audit(
    *,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Only from then on: 2h or 7d ago, or a time (UTC) like 2026-11-22T13:00."),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only events of this kind, such as sign_in, consent, token_issued or call."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="USER", help="Only what this user did: a username, or an id as the table shows it."),
    ] = None,
    client: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this client did: an id of `plugwright clients list`.")
    ] = None,
    operation: Annotated[str | None, typer.Option(metavar="NAME", help="Only calls of this operation.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The latest so many.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Then go on, and show events as they come; Ctrl-C ends it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines: an object a line, for programs.")] = False,
) -> None:
    """Show the audit record: sign-ins, consents, tokens, clients, refusals, and calls that change something.

    The latest events, the last one at the end. No arguments, answers, passwords or tokens are in the record.
    """
    from plugwright.cli import audit_records  # noqa: PLC0415 the database and the tables cost other commands time

    chosen = audit_records.Choice(since, event, subject, client, operation, limit)
    audit_records.show(chosen, follow=follow, as_json=as_json)
