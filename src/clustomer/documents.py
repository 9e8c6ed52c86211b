"""Stored documents: the JSON files of a version, with one policy for their schema versions.

Every such file states its `schema_version`. The newest is read as it is, an older one is migrated
version by version, and any other is refused with the reason.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from clustomer.errors import InputError

Document = dict[str, Any]
Migration = Callable[[Document], Document]

_LONGEST_QUOTE = 40


def read_document(
    text: str | bytes,
    name: str,
    *,
    newest: int,
    migrations: Mapping[int, Migration] | None = None,
) -> Document:
    """Return the content of a stored JSON file as its newest schema version has it.

    Parameters
    ----------
    text : the content of the file.
    name : what the file is called, for messages.
    newest : the schema version that is written today.
    migrations : for each older schema version that is still read, the function that makes the
        next one of it.

    Raises
    ------
    InputError
        If it is no JSON object, or of a schema version that cannot be read.

    Examples
    --------
    >>> read_document('{"schema_version": 1, "log": true}', "a.json", newest=2,
    ...               migrations={1: lambda old: {"power": 0 if old["log"] else 1}})
    {'power': 0, 'schema_version': 2}
    >>> read_document('{"schema_version": 99}', "a.json", newest=2)
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: This a.json has schema version 99; up to 2 can be read. ...
    """
    steps = migrations or {}
    document = _parsed(text, name)
    version = document.get("schema_version")
    if type(version) is not int or version < 1:
        stated = "no schema_version" if version is None else f"the schema version {_quote(version)}"
        raise InputError(
            f"This is no {name}: it states {stated}; a whole number up to {newest} was expected. "
            "Give the file of a results folder as it was written."
        )
    if version > newest:
        raise InputError(
            f"This {name} has schema version {version}; up to {newest} can be read. It was "
            "written by a later clustomer: read it with that one, or upgrade this one."
        )
    while version < newest:
        if version not in steps:
            raise InputError(
                f"This {name} has schema version {version}, which is no longer read; {newest} was "
                "expected. Run `clustomer run` again to write it anew."
            )
        try:
            document = steps[version](document)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"This is no {name} of schema version {version}: {_quote(error)}. "
                "Give the file of a results folder as it was written."
            ) from error
        version += 1
        document = {**document, "schema_version": version}
    return document


def _parsed(text: str | bytes, name: str) -> Document:
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"This is no {name}: it is not JSON ({error}). Give the file of a results folder as "
            "it was written."
        ) from error
    if not isinstance(content, dict):
        raise InputError(
            f"This is no {name}: a JSON object was expected. Give the file of a results folder "
            "as it was written."
        )
    return content


def _refuse_constant(written: str) -> NoReturn:
    raise ValueError(f"{written} is no number of JSON")


def _quote(value: object) -> str:
    written = repr(value)
    if len(written) <= _LONGEST_QUOTE:
        return written
    return written[:_LONGEST_QUOTE] + "..."
