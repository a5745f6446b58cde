"""Groups of commands that load when one of them is used, so that ``--help`` pays for no database."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


class DeferredGroup(TyperGroup):
    """The commands of ``app`` in the module that has the group's name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands, in the order of their module."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of the commands."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if not self.commands:
            module = import_module(f"plugwright.cli.{self.name}")
            self.commands.update(typer.main.get_group(module.app).commands)


def new_group() -> typer.Typer:
    """A group whose module lists the commands."""
    return typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def deferred(app: typer.Typer, name: str, summary: str) -> None:
    """Add the group of a name to the program, with what ``--help`` says of it."""
    group = typer.Typer(cls=DeferredGroup, rich_markup_mode=None, no_args_is_help=True)
    app.add_typer(group, name=name, help=summary)
