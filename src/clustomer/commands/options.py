"""Options that several commands share, and those that are made from the settings of a run."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from clustomer.commands.configuration import FILE_NAME, read_configuration
from clustomer.settings import Option, Settings, declared, settings_from, spelling

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="The event log: CSV and other text, JSON, Parquet, Arrow, ORC, Avro, an Excel "
        "workbook (also packed: gzip, zstd, bz2, xz, zip), SQLite, DuckDB; a folder; a glob in "
        "quotes; or postgresql://user@host/database.",
        show_default=False,
    ),
]
ResultsFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RESULTS",
        help="A results folder that `clustomer run` wrote, or the folder of a version.",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def with_settings(*groups: str, names: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Give a command the options of these groups (or of these names), as one `settings`.

    A command declares `settings: Settings` where its options are to stand.
    """
    chosen = [
        (name, kind, entry) for name, kind, entry in declared(*groups) if not names or name in names
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            if parameter.annotation is Settings:
                parameters += [_parameter(*entry) for entry in chosen]
            else:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

        @wraps(command)
        def call(**given: Any) -> None:
            texts = {name: given.pop(name) for name, _, _ in chosen}
            command(**given, settings=settings_from(texts))

        call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return call

    return decorate


def _parameter(name: str, kind: Any, entry: Option) -> inspect.Parameter:
    """Return a setting as typer declares an option."""
    default = getattr(Settings, name)
    flag = spelling(name, entry)
    if kind is bool and default:
        flag = f"{flag}/--no-{flag[2:]}"
    if entry.notation is not None:
        kind = str if default is not None else str | None
        default = None if default is None else entry.notation.write(default)
    numeric = {int, float} & {kind, *get_args(kind)}
    limits = {"min": entry.least, "max": entry.most} if numeric else {}
    declaration = typer.Option(
        *(flag, f"--{entry.alias}") if entry.alias else (flag,),
        metavar=entry.metavar,
        help=entry.help,
        show_default=entry.otherwise or True,
        rich_help_panel=entry.group,
        **limits,  # type: ignore[arg-type]
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, declaration],
    )


def _configure(context: typer.Context, path: Path | None) -> None:
    """Let a file give what the command line leaves out."""
    if path is None:
        path = Path(FILE_NAME)
        if not path.is_file():
            return
    parameters = {
        _option_name(parameter): parameter
        for parameter in context.command.params
        if parameter.name not in {"config", "help"}
    }
    metavars = {option: parameter.metavar or "" for option, parameter in parameters.items()}
    given = read_configuration(path, metavars)
    context.default_map = {str(parameters[name].name): value for name, value in given.items()}
    context.meta["configuration"] = (path, {str(parameters[name].name): name for name in given})


def _option_name(parameter: Any) -> str:
    longest = max(parameter.opts, key=len)
    return str(longest).lstrip("-").replace("-", "_")


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_configure,
        help="A TOML file with any of these options; the command line wins.",
        show_default="clustomer.toml in this folder, where there is one",
    ),
]
