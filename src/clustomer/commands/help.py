"""The layout of help: options under headings, readable at 80 columns."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

OPTIONS = "Options"
_WIDEST_NAME = 29

Row = tuple[list[str], str, str]


class HelpfulCommand(TyperCommand):
    """A command with this layout of help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        print_help(self, ctx)


class HelpfulGroup(TyperGroup):
    """A group of commands with this layout of help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        print_help(self, ctx)


def print_help(command: Any, context: Any) -> None:
    """Print what a command is for, its arguments and commands, and its options by group."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(command.get_usage(context)))
    for paragraph in (command.help or "").split("\n\n"):
        console.print()
        console.print(Text(" ".join(paragraph.split())))
    for title, rows in _sections(command, context).items():
        console.print()
        console.print(Text(title, style="bold"))
        console.print(Padding(_grid(rows), (0, 0, 0, 2)))


def names_of(option: Any) -> list[str]:
    """Return how an option is written, with what stands for its value."""
    value = "" if option.is_flag else f" {option.metavar or 'TEXT'}"
    return [f"{name}{value}" for name in (*option.opts, *option.secondary_opts)]


def default_of(option: Any) -> str:
    """Return in words what happens without an option, or "" for a flag that is off.

    The words of a declaration come before the value.
    """
    if isinstance(option.show_default, str):
        return str(option.show_default)
    if option.is_flag:
        if option.secondary_opts:
            return str((option.opts if option.default else option.secondary_opts)[0])
        return ""
    return "none" if option.default is None else str(option.default)


def _sections(command: Any, context: Any) -> dict[str, list[Row]]:
    sections: dict[str, list[Row]] = {}
    for parameter in command.get_params(context):
        if parameter.opts[0].startswith("-"):
            title = parameter.rich_help_panel or OPTIONS
            default = default_of(parameter)
            tail = "" if default in ("", "none") else f" [default: {default}]"
            sections.setdefault(title, []).append((names_of(parameter), parameter.help, tail))
        else:
            row = ([parameter.metavar], parameter.help, "")
            sections.setdefault("Arguments", []).append(row)
    if isinstance(command, TyperGroup):
        sections["Commands"] = [
            ([name], (inner.help or "").split("\n\n")[0], "")
            for name, inner in command.commands.items()
        ]
    # what every command has comes last
    sections.update({title: sections.pop(title) for title in [OPTIONS] if title in sections})
    return sections


def _grid(rows: list[Row]) -> Any:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=_WIDEST_NAME, no_wrap=True)
    grid.add_column()
    for names, text, default in rows:
        words = Text.assemble(" ".join(text.split()), (default, "dim"))
        grid.add_row(Text(_in_lines(names), style="cyan"), words)
    return grid


def _in_lines(names: list[str]) -> str:
    """Return names on one line, or on one each where they are too long for that."""
    line = ", ".join(names)
    return line if len(line) <= _WIDEST_NAME else ",\n".join(names)
