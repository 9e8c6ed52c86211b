"""The errors that clustomer raises on purpose, and their exit codes.

    ClustomerError
    ├── UsageError   (ValueError)  exit 2: an option or argument that makes no sense
    ├── InputError   (ValueError)  exit 3: data that cannot be used as it is
    │   └── AmbiguousError         exit 3: data that can be read in several ways
    └── OutputError  (OSError)     exit 4: results that cannot be written or read

Every message says what was given, what was expected and what to do next.
"""

import shlex
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar


class ClustomerError(Exception):
    """The root of every error that clustomer raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(ClustomerError, ValueError):
    """An option or an argument that makes no sense; exit code 2."""

    exit_code: ClassVar[int] = 2


class InputError(ClustomerError, ValueError):
    """Data that cannot be used as it is; exit code 3."""

    exit_code: ClassVar[int] = 3


class AmbiguousError(InputError):
    """Data that can be read in several ways, none of which is surely meant; exit code 3.

    Parameters
    ----------
    question : str
        What cannot be known, and why.
    setting : str
        What of a schema answers it; the option has the same name.
    choices : mapping
        The possible answers, each with what it would mean ('' where the question says so).

    >>> error = AmbiguousError("Of what?", "price_is", {"unit": "3 × 2 = 6", "line": "2 for 3"})
    >>> str(error).split(". ")[0]
    'Of what? Say which: --price-is unit (3 × 2 = 6) or --price-is line (2 for 3)'
    """

    def __init__(self, question: str, setting: str, choices: Mapping[str, str]) -> None:
        self.question = question
        self.setting = setting
        self.choices = dict(choices)
        option = "--" + setting.replace("_", "-")
        options = " or ".join(
            f"{option} {shlex.quote(value)}" + (f" ({meaning})" if meaning else "")
            for value, meaning in choices.items()
        )
        lines = " or ".join(
            f"{setting} = {value}" if value in {"true", "false"} else f'{setting} = "{value}"'
            for value in choices
        )
        super().__init__(
            f"{question} Say which: {options}. In a schema file (`clustomer schema SOURCE --out "
            f"FILE` writes one): {lines}"
        )


class OutputError(ClustomerError, OSError):
    """Results that cannot be written or read; exit code 4."""

    exit_code: ClassVar[int] = 4


def did_you_mean(given: str, options: Iterable[str]) -> str:
    """Return the sentence that helps someone who mistyped a name.

    >>> did_you_mean("userid", ["user_id", "price"])
    'Did you mean `user_id`?'
    >>> did_you_mean("zzz", ["user_id", "price"])
    'There are: `user_id`, `price`.'
    >>> did_you_mean("zzz", [])
    'There are none.'
    """
    names = list(dict.fromkeys(options))
    lowered = {name.lower(): name for name in names}
    near = [lowered[match] for match in get_close_matches(given.lower(), lowered, n=3, cutoff=0.6)]
    if near:
        return "Did you mean " + " or ".join(f"`{name}`" for name in near) + "?"
    if names:
        return "There are: " + ", ".join(f"`{name}`" for name in names) + "."
    return "There are none."


def first_line(error: BaseException) -> str:
    """Return the first line of what another program said, as a sentence.

    >>> first_line(ValueError("Invalid input\\nLINE 1: ..."))
    'Invalid input.'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."
