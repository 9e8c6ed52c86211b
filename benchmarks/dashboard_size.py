"""What the dashboard takes in a browser: seconds until each page is there, memory of its server.

    python benchmarks/dashboard_size.py RESULTS [--port 8599]

Starts `clustomer dashboard RESULTS`, opens each page in Chromium, and each once more, as a reader
does who comes back to it. A page is there when its heading is and Streamlit says that nothing is
under way. Printed besides: what preparing the pages takes before the server answers, and the most
memory of the server's processes (Linux only). Needs the extra `dashboard` and `playwright`.
"""

import argparse
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from clustomer.dashboard.views import PAGES

CHROMIUM = "/usr/bin/chromium"
LONGEST_MS = 300_000


def main() -> None:
    """Start the server, open its pages, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--port", type=int, default=8599)
    given = parser.parse_args()
    command = [sys.executable, "-m", "clustomer", "dashboard", str(given.results)]
    began = time.perf_counter()
    server = subprocess.Popen([*command, "--port", str(given.port)], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{given.port}"
    try:
        wait_for(f"{address}/_stcore/health")
        print(f"prepared and started in {time.perf_counter() - began:,.1f} s\n")
        print("| page | first | again | most memory of the server so far |")
        print("| --- | ---: | ---: | ---: |")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(LONGEST_MS)
            for path, title, _ in PAGES:
                first, again = (opened(page, f"{address}/{path}") for _ in range(2))
                memory = server_memory(server.pid)
                print(f"| {title} | {first:,.1f} s | {again:,.1f} s | {memory:,} MB |", flush=True)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    """Return when the server answers."""
    for _ in range(6000):
        try:
            urllib.request.urlopen(address, timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def opened(page: Page, address: str) -> float:
    """Open a page; return the seconds until it is there."""
    began = time.perf_counter()
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    return time.perf_counter() - began


def server_memory(parent: int) -> int:
    """Return the most memory, in MB, of the processes that a command has started and that run."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    most = 0
    for child in children:
        status = Path(f"/proc/{child}/status").read_text("ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        most += int(peak.split()[1]) * 1024 // 10**6 + server_memory(int(child))
    return most


if __name__ == "__main__":
    main()
