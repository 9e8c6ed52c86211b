"""A PostgreSQL server of one's own on loopback, from Debian's package, for tests and scripts."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def installed() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest; None where it is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return programs[-1].parent if programs else None


@contextmanager
def postgres_server(bin_folder: Path) -> Iterator[int]:
    """Start a server, give its port, and stop and remove it; the user `clustomer` is trusted."""
    folder = Path(tempfile.mkdtemp(prefix="clustomer-postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # initdb refuses root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def call(program: str, *options: str) -> None:
        done = subprocess.run(
            [*as_user, str(bin_folder / program), "-D", str(folder / "data"), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr

    call("initdb", "-A", "trust", "-U", "clustomer", "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    call("pg_ctl", "-o", settings, "-l", str(folder / "log"), "-w", "start")
    try:
        yield port
    finally:
        call("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
