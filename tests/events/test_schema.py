import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clustomer.errors import InputError, UsageError
from clustomer.events import (
    COLUMNS,
    PRESETS,
    EventSchema,
    describe_source,
    detect_schema,
    draft_schema,
    read_events,
    read_schema,
)
from clustomer.events.presets.fitting import SIGNS


@pytest.mark.parametrize("schema", PRESETS, ids=lambda schema: schema.name)
def test_a_preset_is_detected_by_its_own_columns(schema: EventSchema) -> None:
    columns = [path for theirs in schema.paths.values() for path in theirs]
    assert detect_schema([*columns, *SIGNS.get(schema.name, ())]).name == schema.name


def test_the_second_edition_of_the_order_lines_is_known() -> None:
    columns = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price",
               "Customer ID", "Country"]  # fmt: skip
    schema = detect_schema(columns)
    assert schema.name == "order-lines"
    assert schema.columns["user_id"] == "Customer ID"


def test_columns_are_found_whatever_their_case() -> None:
    assert detect_schema(["EVENT_TIME", "User_Id"]).columns == {
        "event_time": "EVENT_TIME",
        "user_id": "User_Id",
    }


def test_without_a_type_a_row_with_a_price_is_a_purchase() -> None:
    assert detect_schema(["event_time", "user_id", "price"]).event_type == "purchase"
    assert detect_schema(["event_time", "user_id"]).event_type == "view"


def test_a_missing_column_is_named_with_its_near_miss() -> None:
    with pytest.raises(InputError, match="`userid` may be our `user_id`"):
        detect_schema(["event_time", "userid"])


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(
    st.dictionaries(st.sampled_from(COLUMNS), names),
    st.dictionaries(names, st.sampled_from(["view", "purchase"]), max_size=3),
    names,
)
def test_a_schema_survives_its_file(tmp_path_factory, columns, types, name) -> None:
    ignored = ("*", name + " ignored")
    assume(not {word.lower() for word in types} & {word.lower() for word in ignored})
    schema = EventSchema(
        name=name,
        columns={"event_time": "t", "user_id": "u"} | columns,
        event_types=types,
        time_format="%d/%m/%Y",
        row_is_order=True,
        header=False,
        names=(name, "t", "u"),
        ignored_event_types=ignored,
        missing_values=(name,),
        unnest=name,
        carried_within_order=("user_id",) if "order_id" in columns else (),
        return_time=name,
    )
    path = tmp_path_factory.mktemp("schema") / "s.toml"
    path.write_text(schema.to_toml(), encoding="utf-8")
    assert read_schema(str(path)) == schema


def test_a_schema_file_reads_a_source_of_ones_own(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'time_format = "%d.%m.%Y"\n[columns]\nevent_time = "Datum"\nuser_id = "Kunde"\n'
        'event_type = "Was"\nprice = "Preis"\n[event_types]\n"Kauf" = "purchase"\n'
    )
    log = pa.table({"Datum": ["31.12.2024"], "Kunde": ["7"], "Was": ["KAUF"], "Preis": ["3.50"]})
    rows = read_events(log, schema=path).to_arrow().to_pylist()
    assert rows[0]["event_type"] == "purchase"
    assert str(rows[0]["price"]) == "3.5000"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("columns = 3", "`columns`"),
        ("[columns", "is not TOML"),
        ('[columns]\nevent_time = "a"', "which column is `user_id`"),
        ('[columns]\nuserid = "a"', "Did you mean `user_id`"),
        ('rows_are_orders = true\n[columns]\nevent_time = "a"\nuser_id = "b"', "row_is_order"),
        (
            '[columns]\nevent_time = "a"\nuser_id = "b"\n[event_types]\nbuy = "sale"',
            "event_types.buy",
        ),
    ],
)
def test_a_wrong_schema_file_says_what_is_wrong(tmp_path, content, message) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        read_schema(str(path))


def test_an_unknown_preset_lists_the_near_misses() -> None:
    with pytest.raises(UsageError, match="Did you mean `order-lines`"):
        read_schema("orderlines")
    with pytest.raises(UsageError, match="cannot be read"):
        read_schema("missing.toml")


def test_a_schema_that_does_not_fit_names_the_column() -> None:
    schema = EventSchema(name="mine", columns={"event_time": "at", "user_id": "custmer"})
    with pytest.raises(InputError, match="Did you mean `customer`"):
        read_events(pa.table({"at": ["2024-01-01"], "customer": ["1"]}), schema=schema)


def test_a_description_shows_rows_as_they_will_be_understood(log) -> None:
    described = describe_source(
        log(
            {"customer_id": "1", "date": "19970102", "number_of_cds": "2", "dollar_value": "9.99"},
            {"customer_id": "2", "date": "1997", "number_of_cds": "2", "dollar_value": "9.99"},
        )
    )
    assert described.recognised
    read, rejected = described.rows
    assert read["event_time"] == "1997-01-02 00:00:00"
    assert read["rejected"] is None
    assert rejected["rejected"] == "unreadable_time"


def test_a_guess_is_a_draft_to_edit() -> None:
    schema = draft_schema(["timestamp", "visitorid", "event", "itemid"])
    assert schema.columns == {
        "event_time": "timestamp",
        "event_type": "event",
        "product_id": "itemid",
        "user_id": "visitorid",
    }
    assert schema.event_types["addtocart"] == "cart"


def test_amounts_from_columns_of_two_currencies_are_refused() -> None:
    log = pa.table({"at": ["2024-01-05"], "who": ["a"], "total_eur": ["1.00"], "total_usd": [""]})
    columns = {"event_time": "at", "user_id": "who", "price": ("total_eur", "total_usd")}
    with pytest.raises(InputError, match="several currencies by their names"):
        read_events(log, schema=EventSchema(name="mine", columns=columns, event_type="purchase"))
