"""`python -m clustomer` is the command line."""

import gc
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
    try:
        from clustomer.cli import main as run

        run()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            raise
        _leave(stop.code or 0)


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
