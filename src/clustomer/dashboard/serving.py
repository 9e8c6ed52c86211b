"""The server: pages are prepared in a process of their own, then Streamlit shows them."""

import importlib.util
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from clustomer.dashboard.access import Access, check_access, is_loopback, write_access
from clustomer.dashboard.prepared import prepare
from clustomer.errors import InputError, UsageError
from clustomer.versions import StoredRun

FOLDER = "CLUSTOMER_DASHBOARD"
"""The variable that names the private folder of a server."""

PORT = 8501
"""Where the server listens unless another port is wanted."""


def serve(
    results: str | os.PathLike[str],
    *,
    port: int = PORT,
    host: str = "127.0.0.1",
    access: Access | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Show results in a browser until it is interrupted; return the server's exit code.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    port, host : where to listen.
    access : Access, optional
        The token that readers are asked for; wanted for a host that other machines reach.
    say : is told the address.

    Raises
    ------
    InputError
        Where the extra is missing, or the results are not there or damaged.
    UsageError
        For a host without a token, and for a port that is taken.
    """
    access = access or Access()
    check_access(host, access)
    if importlib.util.find_spec("streamlit") is None:
        raise InputError(
            "The dashboard is shown by the package streamlit, which is not installed. Install it "
            "with: pip install 'clustomer[dashboard]'"
        )
    _check_port(host, port)
    StoredRun.open(results)
    with tempfile.TemporaryDirectory(prefix="clustomer-dashboard-") as made:
        folder = Path(made)
        write_access(folder, access)
        say("Preparing the pages ...")
        # texts and pictures take all customers in memory, and that process ends
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            apart.submit(prepare, str(results), str(folder)).result()
        shown = "localhost" if is_loopback(host) else host
        say(f"The dashboard is at http://{shown}:{port}   (Ctrl+C ends it)")
        server = subprocess.Popen(
            command(host, port),
            env={**os.environ, FOLDER: str(folder)},
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        # whoever ends this program ends the server with it
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait()


def command(host: str, port: int) -> list[str]:
    """Return what starts the server: loopback or stated, protected, silent, and no file served."""
    settings = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "global.developmentMode": "false",
        "logger.level": "error",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    if is_loopback(host):
        # a page elsewhere cannot reach it by a name that it made point here
        flags += [f"--server.allowedHosts={name}" for name in ("localhost", "127.0.0.1", host)]
    entry = Path(__file__).parent / "entry"
    return [sys.executable, str(entry / "server.py"), "run", str(entry / "app.py"), *flags]


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"Nothing can listen on {host}, port {port}: {error}. A free port of this machine was "
            "expected. Give another --port."
        ) from error
