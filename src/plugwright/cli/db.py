"""``plugwright db``: the tables of the database."""

import sys

import typer

from plugwright.cli.deferred import new_group
from plugwright.cli.showing import AsJson, print_json, say
from plugwright.cli.store import connected, told
from plugwright.store import upgrade as migrations

app = new_group()


@app.command()
def upgrade() -> None:
    """Bring the tables up to date. A server and other upgrades may run meanwhile."""
    with connected(creates=True) as database:
        steps = migrations.upgrade(database)
        name = told(database.url)
    for step in steps:
        say(f"Applied {step}")
    say(f"{name} is up to date")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say whether the database can be reached and its tables are up to date. Exit code 1 when they are not."""
    with connected() as database:
        missing = migrations.pending(database)
        name = told(database.url)
    if as_json:
        print_json({"database": name, "pending": missing})
    elif missing:
        for step in missing:
            say(f"Pending {step}")
        sys.stderr.write(f"{name} is not up to date; run `plugwright db upgrade`\n")
    else:
        say(f"{name} is up to date")
    if missing:
        raise typer.Exit(1)
