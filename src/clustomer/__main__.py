"""`python -m clustomer` is the command line."""

import gc
import io
import os
import sys
from typing import NoReturn

from clustomer.unfinished import end_at_once_when_stopped

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> NoReturn:
    """Run the command line; an interruption is quiet from the first moment on."""
    # Modules live to the end: looking for garbage among them while they load takes a fifth of a
    # second.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    end_at_once_when_stopped()
    _print_what_can_be_shown()
    try:
        from clustomer.cli import main as run

        run()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            raise
        _leave(stop.code or 0)


def _print_what_can_be_shown() -> None:
    """Let a sign that a terminal's encoding lacks be a question mark, and no end of the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _leave(code: int) -> NoReturn:
    """End at once. Everything is written; taking thousands of objects apart costs half a second."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # whoever read has gone: Python ends quietly by its own way
    os._exit(code)


if __name__ == "__main__":
    main()
