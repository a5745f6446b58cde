"""The ``plugwright`` command."""

import sys
from typing import Annotated

import typer

from plugwright.cli import audit, call, deploy, dev, listing, serve, status, stdio, worker
from plugwright.cli.deferred import deferred
from plugwright.errors import PlugwrightError
from plugwright.version import __version__

app = typer.Typer(
    name="plugwright",
    help="Turn typed Python functions into a ChatGPT plugin, and serve it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich doubles the time of --help
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("dev")(dev.dev)
app.command("call")(call.call)
app.command("list")(listing.list_operations)
app.command("stdio")(stdio.stdio)
app.command("status")(status.status)
app.command("deploy")(deploy.deploy)
app.command("audit")(audit.audit)
deferred(app, "users", "Accounts: add, list, disable, enable, password.")
deferred(app, "clients", "Applications that may ask users for access: add, list, show, remove.")
deferred(app, "keys", "Keys of users: issue, list, revoke.")
deferred(app, "tokens", "Access that users gave: revoke.")
deferred(app, "db", "The database: upgrade, check.")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"plugwright {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Turn typed Python functions into a ChatGPT plugin, and serve it."""


def run() -> None:
    """Run the command line. What a person can mend is one line and exit code 2."""
    try:
        app(prog_name="plugwright")
    except PlugwrightError as error:
        sys.stderr.write(f"plugwright: {error.message}\n")
        sys.exit(2)
