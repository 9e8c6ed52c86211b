"""The door: who is refused, and what the server is told."""

import socket
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.dashboard import Access, serve
from clustomer.dashboard.access import check_access, write_access
from clustomer.dashboard.serving import command
from clustomer.errors import InputError, UsageError


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example"])
def test_another_address_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="--token"):
        check_access(host, Access())
    with pytest.raises(UsageError, match="characters"):
        check_access(host, Access("short"))
    check_access(host, Access("long enough, really"))


def test_the_command_refuses_before_it_reads_anything() -> None:
    def refused(*options: str) -> BaseException | None:
        return CliRunner().invoke(app, ["dashboard", "no-such-folder", *options]).exception

    for options, hint in (
        (("--host", "0.0.0.0"), "--token"),
        (("--llm", "http://localhost:1/v1"), "--model"),
    ):
        error = refused(*options)
        assert isinstance(error, UsageError)
        assert hint in str(error)


def test_results_that_are_not_there_and_ports_that_are_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="Give another --port"):
            serve(tmp_path, port=taken.getsockname()[1])
        free = taken.getsockname()[1]
    with pytest.raises(InputError, match="There are no results"):
        serve(tmp_path, port=free)


def test_the_token_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    write_access(tmp_path, Access("a long secret"))
    assert stat.S_IMODE((tmp_path / "access.json").stat().st_mode) == 0o600
    assert not [part for part in command("0.0.0.0", 1) if "secret" in part]


def test_the_server_sends_nothing_and_serves_no_files() -> None:
    flags = command("127.0.0.1", 8501)
    for flag in (
        "--server.address=127.0.0.1",
        "--browser.gatherUsageStats=false",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--server.enableStaticServing=false",
        "--server.allowedHosts=localhost",
        "--client.showErrorDetails=none",
    ):
        assert flag in flags
