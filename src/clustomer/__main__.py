"""`python -m clustomer` is the command line."""

from clustomer.cli import main

if __name__ == "__main__":
    main()
