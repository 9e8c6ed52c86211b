"""`python -m clustomer` is the command line."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interruption is quiet from the first moment on."""
    try:
        from clustomer.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
