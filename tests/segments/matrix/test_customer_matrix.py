import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clustomer.errors import InputError, UsageError
from clustomer.segments.matrix.customer_matrix import customer_table


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_any_table_is_sorted_and_has_text_ids(make):
    table = customer_table(make({"user_id": [10, 2], "orders": [1.0, float("nan")]}))
    assert table.to_pydict() == {"user_id": ["10", "2"], "orders": [1.0, None]}
    assert table.schema.field("user_id").type == pa.string()


def test_categories_and_metadata_are_understood():
    ids = pa.array(["b", "a"]).dictionary_encode()
    field = pa.field("orders", pa.float64(), metadata={"undefined": "7"})
    table = pa.table([ids, pa.array([1.0, 2.0])], pa.schema([("user_id", ids.type), field]))
    result = customer_table(table)
    assert result["user_id"].to_pylist() == ["a", "b"]
    assert result.schema.field("orders").metadata == {b"undefined": b"7"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"userid": ["a"]}, "no column `user_id`. Did you mean `userid`?"),
        ({"user_id": ["a", None]}, "`user_id` is unknown in 1 of 2 rows"),
        ({"user_id": ["b", "a", "b"]}, "1 values of `user_id` occur more than once, such as 'b'"),
        ({"user_id": [17850.0]}, "`user_id` is of type double; expected text or whole numbers"),
        ({"user_id": ["a"], "orders": [float("inf")]}, "The feature `orders` holds inf"),
    ],
)
def test_unusable_tables(table, message):
    with pytest.raises(InputError) as caught:
        customer_table(pa.table(table))
    assert message in str(caught.value)


def test_two_columns_of_one_name():
    table = pa.table([["a"], [1.0], [2.0]], ["user_id", "orders", "orders"])
    with pytest.raises(InputError, match="Two columns are called `orders`"):
        customer_table(table)


def test_no_table_at_all():
    with pytest.raises(UsageError, match="Got list, expected a table of customers"):
        customer_table([1, 2])
