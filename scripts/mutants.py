"""Change the program in one place at a time, and tell which changes no test notices.

    python scripts/mutants.py [--only PART] [--kinds argument,keyword] [--most N] [--tests PATH]

A mutant is one change of one expression: an argument is None, a keyword is left out, a comparison
is the other way round, a condition is negated, a constant is one more, a result is dropped. The
tests of its room run on it until one fails. What came out is in benchmarks/studies/mutants.jsonl,
and is not tried again while the line is as it was, so that a sweep that was stopped goes on.
"""

import argparse
import ast
import datetime
import importlib.abc
import importlib.machinery
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"
RESULTS = ROOT / "benchmarks" / "studies" / "mutants.jsonl"
LONGEST = 300
"""Processor seconds: a mutant that takes longer is noticed, since the tests would not end."""
LONGEST_WAIT = 10 * LONGEST
"""Seconds of the clock, for one that waits; on a busy machine tests take long and are not wrong."""

TESTS = {
    "clustomer/segments/selection": [
        "tests/segments/selection",
        "tests/segments/test_segmentation.py",
    ],
    "clustomer/segments/": ["tests/segments"],
    "clustomer/certificates/verdict": [
        "tests/certificates/test_certificate_wires.py",
        "tests/certificates/test_certify.py",
    ],
    "clustomer/certificates/": ["tests/certificates"],
    "clustomer/customers/": [
        "tests/customers/test_features.py",
        "tests/customers/test_attributes.py",
        "tests/customers/test_outcomes.py",
        "tests/customers",
    ],
    "clustomer/proofs/": ["tests/proofs"],
    "clustomer/": [
        "tests/pipeline/test_settings_reach.py",
        "tests/pipeline/test_run.py",
        "tests/pipeline/test_verify.py",
        "tests/pipeline/test_attributes_run.py",
    ],
}
"""The tests of a part of the program, quickest first; the first part that fits counts."""

LOADED = (
    *("duckdb", "numpy", "pyarrow.parquet", "pydantic", "pytest", "scipy.stats", "sqlglot"),
    *("sklearn.cluster", "sklearn.ensemble", "sklearn.mixture", "typer.testing"),
)
"""What is imported once, before the processes divide."""

_NONE = ast.Constant(None)
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file: where it is, what it is, and the source that it gives.

    Of an argument `after` is "None", of a keyword that is left out it is empty.
    """

    file: str
    line: int
    kind: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.file, self.kind, self.before, self.after


def main(arguments: Sequence[str]) -> int:
    """Try what is left; print what survived and the counts."""
    parser = argparse.ArgumentParser(description="Find changes that no test notices.")
    parser.add_argument("--only", default="clustomer/", help="a part of the files' paths")
    parser.add_argument("--kinds", help="kinds of changes, separated by commas")
    parser.add_argument("--most", type=int, help="try a sample of so many")
    parser.add_argument("--tests", nargs="+", help="these tests in place of those of the room")
    parser.add_argument("--list", action="store_true", help="print the mutants only")
    given = parser.parse_args(arguments)
    kinds = given.kinds.split(",") if given.kinds else ()
    mutants = [
        mutant
        for path in sorted(SOURCES.rglob("*.py"))
        if given.only in path.relative_to(SOURCES).as_posix()
        for mutant in mutants_of(
            path.relative_to(SOURCES).as_posix(), path.read_text("utf-8"), kinds
        )
    ]
    if given.most and len(mutants) > given.most:
        mutants = random.Random(0).sample(mutants, given.most)
    if given.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line} {mutant.kind}: {mutant.before} -> {mutant.after}")
        return 0
    there = known_results()
    for name in LOADED:
        import_module(name)
    outcomes: Counter[str] = Counter()
    for mutant in mutants:
        outcome = there.get(mutant.key) or tried(mutant, given.tests)
        outcomes[outcome] += 1
        if outcome == "survived":
            print(f"{mutant.file}:{mutant.line} {mutant.kind}: {mutant.before} -> {mutant.after}")
            sys.stdout.flush()
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    return 0


def mutants_of(file: str, text: str, kinds: Collection[str] = ()) -> Iterator[Mutant]:
    """Give every mutant of a module, of all kinds or of some.

    >>> [m.after for m in mutants_of("a.py", "def f(x):\\n    return g(x, k=x) if x > 1 else 0")]
    ['return None', 'g(x, k=x) if not x > 1 else 0', 'x <= 1', 'None', '', '1', '2']
    """
    tree = ast.parse(text)
    for node in _inside_functions(tree):
        for kind, part, change in list(_changes(node)):
            if kinds and kind not in kinds:
                continue
            fields = {
                name: list(value) if isinstance(value, list) else value
                for name, value in ast.iter_fields(node)
            }
            before = part or ast.unparse(node).partition("\n")[0]
            change(node)
            after = ast.unparse(node).partition("\n")[0]
            if part:
                after = "None" if kind == "argument" else ""
            source = ast.unparse(tree)
            for name, value in fields.items():
                setattr(node, name, value)
            if after != before:
                yield Mutant(file, node.lineno, kind, before, after, source)


def _inside_functions(tree: ast.Module) -> Iterator[Any]:
    seen = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                for node in ast.walk(statement):
                    if id(node) not in seen and hasattr(node, "lineno"):
                        seen.add(id(node))
                        yield node


def _changes(node: Any) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, ast.Call):
        for index, argument in enumerate(node.args):
            if not isinstance(argument, ast.Constant | ast.Starred):
                part = f"{ast.unparse(node.func)}({ast.unparse(argument)})"
                yield "argument", part, lambda twin, i=index: twin.args.__setitem__(i, _NONE)
        for index, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                part = f"{ast.unparse(node.func)}({ast.unparse(keyword)})"
                yield "keyword", part, lambda twin, i=index: twin.keywords.pop(i)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _FLIPPED:
        flipped = _FLIPPED[type(node.ops[0])]
        yield "comparison", "", lambda twin: twin.ops.__setitem__(0, flipped())
    elif isinstance(node, ast.If | ast.IfExp):
        yield "condition", "", lambda twin: setattr(twin, "test", ast.UnaryOp(ast.Not(), twin.test))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "constant", "", lambda twin: setattr(twin, "value", twin.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return", "", lambda twin: setattr(twin, "value", _NONE)


def known_results() -> dict[tuple[str, str, str, str], str]:
    if not RESULTS.is_file():
        return {}
    entries = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]
    return {(e["file"], e["kind"], e["before"], e["after"]): e["outcome"] for e in entries}


def tried(mutant: Mutant, tests: Sequence[str] | None = None) -> str:
    """Run the tests on a mutant in a process of its own; write down what came out."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
        os._exit(_test(mutant, tests or tests_of(mutant.file)))
    status = None
    while status is None and time.monotonic() - begin < LONGEST_WAIT:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        else:
            time.sleep(0.05)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    outcome = "survived" if status == 0 else "killed"
    entry = {
        "file": mutant.file,
        "line": mutant.line,
        "kind": mutant.kind,
        "before": mutant.before,
        "after": mutant.after,
        "outcome": outcome,
        "seconds": round(time.monotonic() - begin, 1),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8", newline="\n") as results:
        results.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return outcome


def tests_of(file: str) -> list[str]:
    """Return the tests of the part of the program that a file is in.

    >>> tests_of("clustomer/proofs/rerun.py")
    ['tests/proofs']
    """
    return next(paths for part, paths in TESTS.items() if file.startswith(part))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):  # type: ignore[misc]
    """Finds one module, with other source than its file has."""

    def __init__(self, mutant: Mutant) -> None:
        self.source = mutant.source.encode()
        self.path = str(SOURCES / mutant.file)
        self.name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        places = [str(Path(self.path).parent)] if self.path.endswith("__init__.py") else None
        return importlib.machinery.ModuleSpec(
            fullname, self, origin=self.path, is_package=places is not None
        )

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str | bytes | Any) -> bytes:
        return self.source


def _test(mutant: Mutant, tests: Sequence[str]) -> int:
    import pytest

    sys.meta_path.insert(0, _Changed(mutant))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.chdir(ROOT)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return int(pytest.main([*options, *tests]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
