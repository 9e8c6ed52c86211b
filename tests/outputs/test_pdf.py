"""The report as PDF: the same bytes, nothing from elsewhere, one page where one is asked for."""

import re
import sys
import zlib

import pytest

from clustomer.errors import UsageError
from clustomer.outputs.pdf import pdf_of

PAGE = (
    "<!doctype html><html lang='en'><head><title>Shop</title></head><body><h1>Shop</h1>"
    "<p>12 customers</p><details><summary>More</summary><p>{}</p></details></body></html>"
)


def pages(pdf: bytes) -> int:
    objects = b"".join(
        zlib.decompress(stream)
        for stream in re.findall(rb"/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    )
    return len(re.findall(rb"/Type /Page\b", pdf + objects))


@pytest.fixture(autouse=True)
def _with_pango(lacking) -> None:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        lacking("Pango is not installed")


def test_the_same_page_gives_the_same_bytes() -> None:
    first = pdf_of(PAGE)
    assert first.startswith(b"%PDF-")
    assert first == pdf_of(PAGE)
    assert pages(first) == 1
    assert b"CreationDate" not in first


def test_what_is_folded_is_printed_where_it_is_asked_for() -> None:
    long = PAGE.format("word " * 4000)
    assert pages(pdf_of(long, unfolded=True)) > 2


def test_nothing_is_read_but_the_page(tmp_path) -> None:
    (tmp_path / "secret.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    asked = PAGE.replace("<p>", f"<img src='file://{tmp_path}/secret.svg'><p>")
    assert pages(pdf_of(asked)) == 1


def test_without_the_extra_the_message_names_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match="extra pdf"):
        pdf_of(PAGE)
