"""The pages of the documentation, and what is in them."""

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^(?P<indent> *)```(?P<language>\w*)\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_COMMAND = re.compile(r"^(?:\$ +)?(?:\.venv/bin/)?clustomer (.+)$")


@dataclass(frozen=True)
class Fence:
    """A fenced block; `file` is where the reader is told to save it."""

    page: str
    language: str
    text: str
    file: str | None


@dataclass(frozen=True)
class Command:
    """A clustomer command of a page: its arguments, and where its output goes."""

    page: str
    arguments: tuple[str, ...]
    output: str | None

    def __str__(self) -> str:
        return f"{self.page}: clustomer {shlex.join(self.arguments)}"


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def generated(page: Path) -> bool:
    return page.read_text(encoding="utf-8").startswith("<!-- Written by scripts/")


def fences(page: Path) -> list[Fence]:
    text = page.read_text(encoding="utf-8")
    return [
        Fence(name(page), match["language"], textwrap.dedent(match["text"]), match["file"])
        for match in _FENCE.finditer(text)
    ]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    result: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchor, number = plain, 0
        while anchor in result:
            number += 1
            anchor = f"{plain}-{number}"
        result.add(anchor)
    return result


def commands(page: Path) -> list[Command]:
    """Return the clustomer commands in the shell blocks of a page."""
    rows = []
    for fence in fences(page):
        if fence.language not in {"bash", "console"}:
            continue
        for line in fence.text.replace("\\\n", " ").splitlines():
            match = _COMMAND.match(line.strip())
            if match:
                call, _, output = match[1].partition(" > ")
                call = re.sub(r"2> *\S+", "", call).replace("$(date +%F)", "2024-06-01")
                words = tuple(shlex.split(call))
                rows.append(Command(name(page), words, output.strip() or None))
    return rows
