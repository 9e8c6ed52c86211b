"""Documents and tables side by side: answers by hand."""

import pyarrow as pa

from clustomer.proofs.documents import compare_documents, compare_tables


def test_documents_are_compared_value_by_value() -> None:
    stored = {"a": {"b": [1, 2.0, {"c": None}]}, "text": "x", "flag": True, "gone": 1}
    remade = {"a": {"b": (1, 2.0 + 1e-10, {"c": 0.0})}, "text": "y", "flag": 1, "new": [1, 2]}
    values, differences = compare_documents("f.json", stored, remade)
    assert values == 7
    assert [(d.place, d.stated, d.recomputed) for d in differences] == [
        ("f.json: a/b/2/c", None, 0.0),
        ("f.json: text", "x", "y"),
        ("f.json: flag", True, 1),
        ("f.json: gone", 1, None),
        ("f.json: new", None, [1, 2]),
    ]
    assert compare_documents("f.json", [1000.0], [1000.0 + 2e-6])[1]
    assert not compare_documents("f.json", [1000.0], [1000.0 + 5e-7])[1]


def test_tables_are_compared_column_by_column() -> None:
    def table(**columns: list[object]) -> pa.Table:
        return pa.table({"id": ["a", "b", "c"], **columns})

    stored = table(x=[1.0, None, 3.0], y=[1, 2, 3], only=[1, 1, 1], same=[None, 0.5, None])
    remade = table(x=[1.0, 2.0, 4.0], y=[1, 2, 3], same=[None, 0.5 + 1e-12, None])
    values, differences = compare_tables("t", stored, remade, "id")
    assert values == 15
    assert [(d.place, d.stated, d.recomputed) for d in differences] == [
        ("t: x/b (+1)", None, 2.0),
        ("t: only", "int64", None),
    ]
    values, differences = compare_tables("t", stored, remade.slice(0, 2), "id")
    assert [(d.place, d.stated, d.recomputed) for d in differences] == [("t: rows", 3, 2)]
    renamed = stored.set_column(0, "id", pa.array(["a", "x", "c"]))
    [difference] = compare_tables("t", stored, renamed, "id")[1]
    assert (difference.place, difference.stated, difference.recomputed) == ("t: id/b", "b", "x")
