"""A file of options, for runs that someone else starts.

`clustomer run` in a folder with a `clustomer.toml` needs no arguments. Its keys are
the command's own options; what is given on the command line wins.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clustomer.errors import UsageError, did_you_mean

FILE_NAME = "clustomer.toml"
_PATHS = frozenset({"SOURCE", "DIR", "FILE"})


def read_configuration(path: Path, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that a file gives, ready for the command line's own checks.

    Paths are taken from the file's folder, so that a scheduled run can start anywhere.
    Lists become text with commas, as on the command line.

    Parameters
    ----------
    path : Path
    options : mapping of str to str
        The names that the command takes, with underscores, and what stands for the value of
        each in the help: `FILE` is a path, `NAME|FILE` one where it ends like a file.

    Raises
    ------
    UsageError
        If the file cannot be read, or says something that the command does not know.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"The file {path} is no file: a folder, pipe or device. Name a TOML file.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        # numbers of thousands of digits and brackets a thousand deep are not TOML's own errors
        raise UsageError(f"The file {path} is not TOML: {error}.") from error
    values: dict[str, Any] = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name not in options:
            raise UsageError(
                f"{path} has `{key}`, which `clustomer run` does not know. "
                + did_you_mean(name, options)
            )
        values[name] = _value(path, name, value, options[name])
    return values


def _value(path: Path, name: str, value: Any, metavar: str) -> Any:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    if isinstance(value, Mapping | list):
        raise UsageError(
            f"{path} has a {'table' if isinstance(value, Mapping) else 'list'} under `{name}`. "
            "Expected a text, a number, true or false, or a list of texts."
        )
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    kinds = metavar.split("|")
    is_path = bool(_PATHS & set(kinds)) and (len(kinds) == 1 or Path(text).suffix != "")
    if is_path and "://" not in text and not Path(text).is_absolute():
        return str(path.parent / text)
    return text
