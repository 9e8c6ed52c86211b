"""The page in a real browser: nothing scrolls sideways on a phone, nothing is fetched."""

import json
import os
import re
import shutil
import subprocess

import pytest
from stories import tell

from clustomer.outputs import write_reports

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")

if BROWSER is None and os.environ.get("CI") == "true":
    raise RuntimeError("Chromium is not installed, and under CI=true its tests must run")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")

MEASURE = """<body><iframe style="width:{width}px;height:900px;border:0" src="report.html"></iframe>
<script>addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument;
  const root = page.documentElement;
  const wide = [...page.querySelectorAll("body *")].filter(e => {{
    const box = e.getBoundingClientRect();
    return box.right > {width} + 1 && box.width > 0 && !e.closest(".table") && !e.closest("svg")
      && !e.closest(".skip");
  }}).map(e => e.tagName + "." + e.className);
  const svg = [...page.querySelectorAll("figure svg")].filter(e => e.clientWidth > 0);
  document.title = JSON.stringify({{
    scroll: root.scrollWidth, wide: wide.slice(0, 5), shown: svg.length,
    requests: page.defaultView.performance.getEntriesByType("resource").length
  }});
}})</script></body>"""


def measured(folder, width, tmp_path):
    page = folder / "reports" / "measure.html"
    page.write_text(MEASURE.format(width=width))
    result = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            "--disable-dev-shm-usage",
            "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1400,1000",
            "--virtual-time-budget=5000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.search(r"<title>(\{.*?\})</title>", result.stdout)
    assert found, result.stdout[-500:] + result.stderr[-500:]
    return found[1]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(tmp_path, figures, width):
    names = {"S3": "Customersofalongcompoundnamethatnobreakfits and more words"}
    story = tell(rename=names, word="averylongbrandname" * 6)
    write_reports(tmp_path, story.insights, story.facts, figures)
    found = json.loads(measured(tmp_path, width, tmp_path))
    assert found["scroll"] <= width, found
    assert found["wide"] == []
    assert found["shown"] == len(figures)
    assert found["requests"] == 0
