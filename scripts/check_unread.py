"""Find what is defined and never read: functions, classes, methods, fields and constants.

    python scripts/check_unread.py

Read is what the package, the scripts, the benchmarks or a template name anywhere but where it is
defined; tests do not count. A name that is text (of a column, for `getattr`) is read, too.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import clustomer

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "clustomer"
READERS = ("src", "scripts", "benchmarks")

ALLOWED = {
    "format_help": "click prints help by it",
    "load_bytecode": "Jinja asks it for a template that was compiled before",
    "dump_bytecode": "Jinja gives it a template that was compiled",
    "_parameter_constraints": "scikit-learn checks parameters by it",
    "modified_ns": "states of a file are compared as they are",
    "between_dealt": "it is stored with the test of a facet, for whoever asks how sure it is",
    "told_se": "it is stored with the weights, for whoever asks how sure they are",
    "Spark": "an engine that `clustomer.engines` offers",
    "squared_silhouettes": "a measure that `clustomer.segments` offers",
}
"""Names that nothing here reads by name, and what they are for."""

LISTED_BY_BASE = ("Algorithm", "DenseAlgorithm")
"""Classes with these bases are found by them."""

_WORD = re.compile(r"[A-Za-z_]\w*")


def main() -> int:
    """Return 0 where everything is read; print what is not."""
    reads = all_reads()
    unread = [
        (path, line, name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name, line in definitions(ast.parse(path.read_text(encoding="utf-8")))
        if not reads[name] and name not in ALLOWED
    ]
    for path, line, name in unread:
        print(f"{path.relative_to(ROOT).as_posix()}:{line}: `{name}` is defined and never read")
    return 1 if unread else 0


def all_reads() -> Counter[str]:
    """Count how often each name is read."""
    reads = Counter(clustomer.__all__)
    for folder in READERS:
        for path in (ROOT / folder).rglob("*.py"):
            reads.update(reads_of(ast.parse(path.read_text(encoding="utf-8"))))
    for path in PACKAGE.rglob("*"):
        if path.suffix in (".html", ".md", ".j2", ".css"):
            reads.update(_WORD.findall(path.read_text(encoding="utf-8")))
    for name in _WORD.findall((ROOT / "pyproject.toml").read_text(encoding="utf-8")):
        reads[name] += 1
    return reads


def definitions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give what a module defines, with the line; what Python itself calls is left out.

    >>> [name for name, _ in definitions(ast.parse("A = 1\\ndef f(): b = 2\\nclass C:\\n  x: int"))]
    ['A', 'f', 'C', 'x']
    """
    scopes: list[ast.Module | ast.ClassDef] = [tree]
    while scopes:
        for node in scopes.pop(0).body:
            names: list[str] = []
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                # a decorator may register it
                names = [] if _is_registered(node) else [node.name]
            elif isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            if isinstance(node, ast.ClassDef):
                scopes.append(node)
            yield from (
                (name, node.lineno)
                for name in names
                if not (name.startswith("__") or name in ("_", "model_config"))
            )


def _is_registered(node: ast.FunctionDef | ast.ClassDef) -> bool:
    if isinstance(node, ast.ClassDef) and set(map(ast.unparse, node.bases)) & set(LISTED_BY_BASE):
        return True
    words = {word for part in node.decorator_list for word in _WORD.findall(ast.unparse(part))}
    return bool(words & {"model_validator", "callback"})


def reads_of(tree: ast.Module) -> Iterator[str]:
    """Give every name that a module reads; importing and listing it in `__all__` is no reading.

    >>> sorted(reads_of(ast.parse("from m import a\\n__all__ = ['a']\\nb.c(d=1); g('e')")))
    ['b', 'c', 'e', 'g']
    """
    listed = {
        id(part)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "_HOMES")
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in listed:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.MatchClass):
            yield from node.kwd_attrs
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.isidentifier()
        ):
            yield node.value


if __name__ == "__main__":
    sys.exit(main())
