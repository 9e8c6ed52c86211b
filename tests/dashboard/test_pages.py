"""Each page, run as Streamlit runs it, on a small shop."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from clustomer.dashboard.access import Access, write_access
from clustomer.dashboard.prepared import FILE
from clustomer.dashboard.serving import FOLDER
from clustomer.dashboard.views import PAGES
from clustomer.versions import StoredRun

Open = Callable[..., AppTest]


def script(path: str) -> None:
    from clustomer.dashboard.filters import filters
    from clustomer.dashboard.reading import draw, let_in
    from clustomer.dashboard.shop import shop
    from clustomer.dashboard.views import PAGES

    if let_in(shop()):
        pages = {place: show for place, _, show in PAGES}
        draw(pages[path], shop(), filters(shop()))


@pytest.fixture
def page(opened: Path) -> Open:
    def open_page(path: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_function(script, args=(path,), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return open_page


@pytest.fixture(scope="module")
def rows(results: Path) -> list[dict]:
    return pq.read_table(results / "latest" / "segments.parquet").to_pylist()


@pytest.mark.parametrize("path", [place for place, _, _ in PAGES])
def test_every_page_opens_with_one_title_and_no_error(page: Open, path: str) -> None:
    app = page(path)
    assert len(app.title) == 1
    assert not app.error


def test_a_filter_leaves_the_customers_who_have_it(
    page: Open, rows: list[dict], hostile: str
) -> None:
    app = page("")
    assert app.sidebar.multiselect(key="by_country").options == sorted(
        {row["country"] for row in rows}
    )
    app.sidebar.multiselect(key="by_country").set_value([hostile]).run()
    number = sum(row["country"] == hostile for row in rows)
    assert f"{number:,} of {len(rows):,} customers" in [c.value for c in app.sidebar.caption]
    [table] = [frame.value for frame in app.dataframe]
    assert table["customers"].sum() == number
    shown = [caption.value for caption in app.main.caption]
    assert not [text for text in shown if "<img" in text.replace(r"\<", "")]
    assert not [text for text in shown if ":smile:" in text]


def test_a_link_opens_what_was_filtered(page: Open, rows: list[dict]) -> None:
    app = page("segments", by_country="Spain")
    number = sum(row["country"] == "Spain" for row in rows)
    assert app.sidebar.multiselect(key="by_country").value == ["Spain"]
    assert f"{number:,} of {len(rows):,} customers" in [c.value for c in app.sidebar.caption]


def test_the_table_of_a_segment_turns_its_pages(page: Open, rows: list[dict]) -> None:
    segment_id, _ = Counter(row["segment_id"] for row in rows).most_common(1)[0]
    app = page("segments")
    app.selectbox(key="segment").set_value(segment_id).run()
    theirs = sorted(
        (row for row in rows if row["segment_id"] == segment_id),
        key=lambda row: (-row["revenue"], row["user_id"]),
    )
    assert len(theirs) > 50
    [first] = [frame.value for frame in app.dataframe]
    assert first["user_id"].tolist() == [row["user_id"] for row in theirs[:50]]
    app.number_input(key="page").set_value(2).run()
    [second] = [frame.value for frame in app.dataframe]
    assert second["user_id"].tolist() == [row["user_id"] for row in theirs[50:100]]
    app.selectbox(key="sorted").set_value("user_id").run()
    app.toggle(key="largest").set_value(False).run()
    app.number_input(key="page").set_value(1).run()
    ids = sorted(row["user_id"] for row in theirs)
    assert app.dataframe[0].value["user_id"].tolist() == ids[:50]


def test_a_customer_is_shown_and_an_unknown_one_is_helped(page: Open, rows: list[dict]) -> None:
    row = rows[3]
    app = page("customer", customer=row["user_id"])
    assert row["segment"] in [header.value for header in app.subheader]
    assert f"{row['border_distance']:.2f}" in [metric.value for metric in app.metric]
    app.text_input(key="customer").set_value(row["user_id"][:-1] + "x").run()
    assert "There is no customer" in app.warning[0].value
    app.text_input(key="customer").set_value(row["user_id"][:4]).run()
    assert "Ids that begin so" in app.warning[0].value
    app.text_input(key="customer").set_value("").run()
    assert "Give the id" in app.info[0].value


def test_the_token_is_asked_for_before_anything_is_shown(
    prepared: Path, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / FILE).write_text((prepared / FILE).read_text())
    write_access(tmp_path, Access("a long secret"))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    app = AppTest.from_function(script, args=("",), default_timeout=30).run()
    assert not app.title
    assert not app.sidebar.multiselect
    app.text_input(key="token_given").set_value("a long guess")
    app.button[0].click().run()
    assert not app.title
    assert "not the token" in app.error[0].value
    app.text_input(key="token_given").set_value("a long secret")
    app.button[0].click().run()
    assert app.title


def test_the_map_draws_those_whom_the_filters_leave(page: Open, rows: list[dict]) -> None:
    spain = {row["user_id"]: row["segment"] for row in rows if row["country"] == "Spain"}
    app = page("map", by_country="Spain")
    [drawn] = points(app)
    assert drawn
    assert all(spain[point["user_id"]] == point["segment"] for point in drawn)
    app.radio(key="axes").set_value("Two features").run()
    app.selectbox(key="across").set_value("orders").run()
    app.selectbox(key="up").set_value("revenue").run()
    assert not app.exception
    [drawn] = points(app)
    by_id = {row["user_id"]: row for row in rows}
    assert {point["user_id"] for point in drawn} == set(spain)
    for point in drawn:
        row = by_id[point["user_id"]]
        assert (point["x"], point["y"]) == (row["orders"], row["revenue"])


def points(app: AppTest) -> list[list[dict]]:
    """Return the rows of each chart."""
    charts = [element.proto for element in app.get("vega_lite_chart")]
    return [
        pa.ipc.open_stream((chart.datasets[0].data if chart.datasets else chart.data).data)
        .read_all()
        .to_pylist()
        for chart in charts
    ]


def test_a_question_is_answered_from_the_report(page: Open) -> None:
    app = page("insights")
    app.text_input(key="question").set_value("Which segment should get the spring budget?")
    app.button[0].click().run()
    assert [text.value for text in app.main.markdown if "comes back for its cost" in text.value]
    app.text_input(key="question").set_value("Zyxgloop?")
    app.button[0].click().run()
    assert "do not hold" in app.info[0].value


def test_a_narrative_that_was_kept_is_shown_as_it_is(
    prepared: Path, tmp_path: Path, monkeypatch
) -> None:
    document = json.loads((prepared / FILE).read_text(encoding="utf-8"))
    document["byline"] = "Written by <b>."
    document["narrative"] = [["", ["12 customers :smile:"]], ["The *best*", ["They order."]]]
    (tmp_path / FILE).write_text(json.dumps(document), encoding="utf-8")
    write_access(tmp_path, Access())
    monkeypatch.setenv(FOLDER, str(tmp_path))
    app = AppTest.from_function(script, args=("insights",), default_timeout=30).run()
    assert not app.exception
    assert "What the segments mean" in [header.value for header in app.header]
    assert r"Written by \<b\>." in [caption.value for caption in app.caption]
    assert r"The \*best\*" in [header.value for header in app.subheader]
    texts = [text.value for text in app.main.markdown]
    assert "They order." in texts
    assert "12 customers :\u2060smile:" in texts


def test_what_there_is_not_is_said_with_the_way_to_it(page: Open) -> None:
    assert "clustomer recommend" in page("recommendations").info[0].value
    assert "--horizon" in page("time").info[-1].value


def test_cleaning_adds_up(page: Open, results: Path) -> None:
    [table] = [frame.value for frame in page("data").dataframe]
    stored = StoredRun.open(results)
    assert table["rows"].tolist() == stored.cleaning["rows"].to_pylist()
