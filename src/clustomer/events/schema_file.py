"""Schema files: the same settings as a preset, in TOML."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from clustomer.errors import UsageError, did_you_mean
from clustomer.events.presets import preset
from clustomer.events.schema import EventSchema

MAX_LENGTH = 1_000_000


def read_schema(name_or_path: str) -> EventSchema:
    """Return a preset by name, or the schema in a TOML file.

    Raises
    ------
    UsageError
        If there is neither, or the file says something that is not understood.
    """
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml":
        return preset(name_or_path)
    try:
        if not path.is_file() and path.exists():
            raise UsageError(f"The schema file {path} is no file: a folder, pipe or device.")
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_LENGTH + 1)
        if len(text) > MAX_LENGTH:
            raise UsageError(
                f"The schema file {path} has more than {MAX_LENGTH:,} characters, so it is none. "
                "`clustomer schema SOURCE` writes one."
            )
        content = tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            f"The schema file {path} cannot be read: {error.strerror}. "
            "`clustomer schema SOURCE` writes one."
        ) from error
    except UsageError:
        raise
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The schema file {path} is not TOML: {error}.") from error
    try:
        return EventSchema.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            cause = problem.get("ctx", {}).get("error")
            if isinstance(cause, UsageError):
                problems.append(str(cause))
                continue
            where = ".".join(str(part) for part in problem["loc"])
            hint = ""
            if problem["type"] == "extra_forbidden":
                hint = " " + did_you_mean(where, EventSchema.model_fields)
            problems.append(f"`{where}`: {problem['msg']}.{hint}")
        raise UsageError(
            f"The schema file {path} says something that is not understood: " + " ".join(problems)
        ) from error
