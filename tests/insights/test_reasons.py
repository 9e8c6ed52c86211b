"""Reasons are data in the rooms that decide, and sentences here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import clustomer
from clustomer.insights.reasons import (
    CERTIFICATE_SENTENCES,
    LEFT_OUT_SENTENCES,
    SENTENCES,
    WEIGHTS_SENTENCES,
)


def kinds_given() -> Iterator[str]:
    """Give the kind of every reason that a room below makes."""
    package = Path(clustomer.__file__).parent
    for room in ("customers", "segments", "certificates"):
        for path in sorted((package / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                    for kind in ast.walk(node.args[0]):
                        if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                            yield kind.value


def test_every_reason_has_one_sentence_and_every_sentence_a_reason() -> None:
    sentences = [*SENTENCES, *CERTIFICATE_SENTENCES, *LEFT_OUT_SENTENCES, *WEIGHTS_SENTENCES]
    assert sorted(set(sentences)) == sorted(sentences)
    assert set(kinds_given()) - {"stated"} == set(sentences)
