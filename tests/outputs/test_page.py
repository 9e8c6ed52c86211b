"""The page in a real browser: nothing scrolls sideways on a phone, nothing is fetched."""

import json
import os
import re
import shutil
import subprocess
from importlib.resources import files

import pyarrow as pa
import pytest
from stories import tell

import certified
from clustomer.insights import interpret
from clustomer.outputs import write_reports
from clustomer.segments import segment

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")


@pytest.fixture
def browser():
    if BROWSER is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed (CI must have it)")
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    return BROWSER


WIDTHS = (320, 390, 1280)
FRAMES = "".join(
    f'<iframe style="width:{width}px;height:900px;border:0" src="report.html"></iframe>'
    for width in WIDTHS
)
MEASURE = """<script>addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, width = frame.clientWidth;
    const beyond = e => {
      const box = e.getBoundingClientRect();
      return box.width > 0 && box.right > width + 1 && !e.closest("svg, .table, .skip");
    };
    return {
      width: width,
      scroll: page.documentElement.scrollWidth,
      beyond: [...page.querySelectorAll("body *")].filter(beyond).map(e => e.tagName).slice(0, 5),
      pictures: [...page.querySelectorAll("figure svg")].filter(e => e.clientWidth > 0).length,
      over: [...page.querySelectorAll(".figures dd")]
        .filter(e => e.scrollWidth > e.clientWidth).length,
      requests: page.defaultView.performance.getEntriesByType("resource").length
    };
  });
  document.title = JSON.stringify(found);
})</script>"""


def measure(browser, folder):
    """Return what a browser finds on the report in a folder, at each width."""
    page = folder / "reports" / "measure.html"
    page.write_text(f"<body>{FRAMES}{MEASURE}</body>")
    result = subprocess.run(
        [
            browser,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            "--disable-dev-shm-usage",
            "--allow-file-access-from-files",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1400,1000",
            "--virtual-time-budget=5000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    match = re.search(r"<title>(\[.*?\])</title>", result.stdout)
    assert match, result.stdout[-500:] + result.stderr[-500:]
    return json.loads(match[1])


def test_nothing_scrolls_sideways_and_nothing_is_fetched(browser, tmp_path, figures):
    names = {"S3": "Customersofalongcompoundnamethatnobreakfits and more words"}
    story = tell(rename=names, word="averylongbrandname" * 6)
    write_reports(tmp_path, story.insights, story.facts, figures)
    result = measure(browser, tmp_path)
    assert [item["width"] for item in result] == list(WIDTHS)
    for item in result:
        assert item["scroll"] <= item["width"], item
        assert item["beyond"] == []
        assert item["pictures"] == len(figures)
        assert item["requests"] == 0


def test_certificates_fit_on_a_phone(browser, tmp_path):
    customers = pa.table(
        {"user_id": [f"u{n}" for n in range(9)], "orders": [float(n // 5) for n in range(9)]}
    )
    interpretation = interpret(
        customers,
        segment(customers, k=2, features=["orders"]),
        certificates=certified.forced(certified.certificates("none")),
        comparison=pa.table({"algorithm": ["kmeans", "ward"], "silhouette": [0.5, 0.4]}),
        given_names={"S1": "Customersofalongcompoundnamethatnobreakfits and more"},
    )
    write_reports(tmp_path, interpretation.insights, interpretation.facts)
    for item in measure(browser, tmp_path):
        assert item["scroll"] <= item["width"], item
        assert item["beyond"] == []
        assert item["requests"] == 0


def test_large_sums_run_neither_into_each_other_nor_off_a_phone(browser, tmp_path):
    styles = "".join(
        (files("clustomer.outputs") / "templates" / name).read_text()
        for name in ("report.css", "certificate.css")
    )
    figure = "<div><dt>Revenue</dt><dd><span>GBP\u00a08,300,066</span></dd></div>"
    label = "Orders: earlier forecasts, all of them, over what came"
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "report.html").write_text(
        f'<meta charset="utf-8"><style>{styles}</style><main class="page">'
        f'<section class="panel"><dl class="figures">{figure * 7}</dl></section>'
        f'<div class="panel table"><table><tbody><tr><th>Everyone</th><td class="number" '
        f'data-label="{label}"><span>GBP\u00a01,101,101</span></td></tr></tbody></table></div></main>'
    )
    for item in measure(browser, tmp_path):
        assert item["scroll"] <= item["width"], item
        assert item["over"] == 0, item
