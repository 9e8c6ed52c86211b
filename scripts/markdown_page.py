"""Markdown as the reference pages have it."""

from collections.abc import Iterable

NOTE = (
    "<!-- Written by scripts/generate_reference.py: change the program, then run `make docs`. -->"
)


def page(title: str, *parts: str) -> str:
    """Return a page of Markdown."""
    blocks = [NOTE, f"# {title}", *(part.strip("\n") for part in parts)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


def code(text: object) -> str:
    return f"`{text}`"


def fence(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def html(text: str) -> str:
    """Return text that Markdown does not take for a tag."""
    return text.replace("<", "&lt;")
