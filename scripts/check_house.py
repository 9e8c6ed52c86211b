"""Check how the house is kept: sizes of rooms and functions, names of variables, places of prose.

    python scripts/check_house.py [--allow]

What is allowed for now is counted in house_allowances.json, by check and file; a count may only
shrink. `--allow` writes the counts as they are, where they are lower.
"""

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = "src/clustomer"
ALLOWANCES = Path(__file__).with_name("house_allowances.json")

MOST_MODULES = 15
LISTS = frozenset({"commands", "chapters"})
"""Folders that hold one file for each of something, however many there are."""

MOST_LINES = 60
"""Of a function, without what declares it: its signature and its docstring."""

VAGUE = frozenset({"found", "each", "own", "told", "said", "whole", "known"})
"""Names that do not say what a variable is."""

WITHOUT_PROSE = (
    "engines",
    "events",
    "customers",
    "habits",
    "lifecycle",
    "history",
    "segments",
    "certificates",
    "versions",
)
DECLARED = ("customers/features",)
"""Rooms in which no sentence is written but those of errors; declared definitions are data."""

WITH_PROSE = ("insights", "outputs")
"""Rooms whose sentences come from templates: none is mended after it is written."""

FEWEST_WORDS = 5

Finding = tuple[str, str, int, str]
"""Check, file, line, and what is wrong."""


def main(arguments: list[str]) -> int:
    """Return 0 where all is well or allowed; print every file that has more than is allowed."""
    findings = sorted(all_findings())
    counts = Counter(f"{check} {file}" for check, file, _, _ in findings)
    allowed: dict[str, int] = json.loads(ALLOWANCES.read_text()) if ALLOWANCES.exists() else {}
    if "--allow" in arguments:
        fewer = {key: min(n, allowed.get(key, n)) for key, n in counts.items()}
        ALLOWANCES.write_text(json.dumps(fewer, indent=2, sort_keys=True) + "\n")
        return 0
    broken = 0
    for check, file, line, what in findings:
        if counts[f"{check} {file}"] > allowed.get(f"{check} {file}", 0):
            print(f"{file}:{line}: {what} [{check}]")
            broken += 1
    return 1 if broken else 0


def all_findings() -> Iterator[Finding]:
    yield from wide_folders()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from long_functions(name, tree)
        yield from vague_names(name, tree)
        if _within(name, WITHOUT_PROSE) and not _within(name, DECLARED):
            yield from sentences(name, tree)
        if _within(name, WITH_PROSE):
            yield from mended_sentences(name, tree)


def sources() -> Iterator[Path]:
    for folder in ("src", "tests", "scripts", "benchmarks"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def wide_folders() -> Iterator[Finding]:
    folders = [ROOT / PACKAGE, *(p for p in (ROOT / PACKAGE).rglob("*") if p.is_dir())]
    for folder in folders:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > MOST_MODULES and folder.name not in LISTS:
            name = folder.relative_to(ROOT).as_posix()
            yield "width", name, 1, f"{len(modules)} modules, more than {MOST_MODULES}"


def long_functions(name: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > MOST_LINES:
                what = f"`{node.name}` has {lines} lines, more than {MOST_LINES}"
                yield "length", name, node.lineno, what


def vague_names(name: str, tree: ast.Module) -> Iterator[Finding]:
    fields = {
        id(field.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if id(node) in fields:
            continue
        variable = ""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            variable = node.id
        elif isinstance(node, ast.arg):
            variable = node.arg
        if variable in VAGUE:
            line = getattr(node, "lineno", 1)
            yield "vague", name, line, f"a variable is called `{variable}`: say what it is"


def sentences(name: str, tree: ast.Module) -> Iterator[Finding]:
    """Give the sentences outside of docstrings and errors."""
    beside: set[int] = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Raise)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (isinstance(node, ast.Call) and _called(node).endswith(("Error", "option", "warn")))
        ):
            beside |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.JoinedStr):
            beside |= {id(inner) for inner in node.values}
    for node in ast.walk(tree):
        if id(node) in beside:
            continue
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
            )
        if text[:1].isupper() and text.endswith(".") and len(text.split()) >= FEWEST_WORDS:
            yield "prose", name, getattr(node, "lineno", 1), f"a sentence: {text[:60]!r}"


def mended_sentences(name: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "replace" and node.args:
            old = node.args[0]
            if isinstance(old, ast.Constant) and re.search(r"[A-Za-z]{2}", str(old.value)):
                what = f"finished English is mended: replace({old.value!r}, ...)"
                yield "mended", name, node.lineno, what


def _within(name: str, rooms: tuple[str, ...]) -> bool:
    return name.startswith(tuple(f"{PACKAGE}/{room}/" for room in rooms))


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
