import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from clustomer.errors import OutputError
from clustomer.unfinished import (
    INTERRUPTED,
    TERMINATED,
    remove_folder,
    sweep_folders,
    temporary_folder,
    whole_folder,
)


def run(program: str, tmp_path: Path) -> tuple[int, str]:
    begin = (
        "import os, signal, sys\nfrom clustomer.unfinished import *\nend_at_once_when_stopped()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_what_is_unfinished_goes_and_nobody_can_swallow_the_stop(tmp_path, number, code) -> None:
    program = f"""
        from clustomer.unfinished import temporary_folder
        folder = temporary_folder("half-", ".")
        (folder / "inner").mkdir()
        whole = temporary_folder("moved-", ".").rename("whole")
        class Swallows:
            def __del__(self):
                os.kill(os.getpid(), {int(number)})
        with undone_if_stopped(lambda: open("undone", "w").close()):
            try:
                Swallows()
            finally:
                print("went on")
    """
    given, err = run(program, tmp_path)
    assert given == code
    assert err == "clustomer: interrupted. Earlier results are whole.\n"
    assert sorted(os.listdir(tmp_path)) == ["undone", "whole"]


def test_a_stop_waits_for_what_is_done_in_one_go(tmp_path) -> None:
    program = """
        with in_one_go():
            with in_one_go():
                os.kill(os.getpid(), signal.SIGINT)
            open("first", "w").close()
        open("second", "w").close()
    """
    code, _ = run(program, tmp_path)
    assert code == INTERRUPTED
    assert os.listdir(tmp_path) == ["first"]


def test_an_undoing_that_fails_keeps_no_other_from_its_turn(tmp_path) -> None:
    program = """
        with undone_if_stopped(lambda: open("undone", "w").close()):
            with undone_if_stopped(lambda: 1 / 0):
                os.kill(os.getpid(), signal.SIGINT)
    """
    code, err = run(program, tmp_path)
    assert code == INTERRUPTED
    assert "Traceback" not in err
    assert os.listdir(tmp_path) == ["undone"]


def test_a_program_that_was_told_to_go_on_goes_on(tmp_path) -> None:
    program = """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_at_once_when_stopped()
        os.kill(os.getpid(), signal.SIGINT)
        open("done", "w").close()
    """
    assert run(program, tmp_path)[0] == 0
    assert os.listdir(tmp_path) == ["done"]


def test_a_folder_is_removed_while_another_thread_writes_into_it(tmp_path) -> None:
    program = """
        import threading, time
        from clustomer.unfinished import temporary_folder
        folder = temporary_folder("half-", ".")
        begun = threading.Event()
        def write():
            for number in range(2000):
                try:
                    folder.joinpath(str(number)).touch()
                except FileNotFoundError:
                    return
                begun.set()
        threading.Thread(target=write, daemon=True).start()
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)
    """
    assert run(program, tmp_path)[0] == INTERRUPTED
    assert os.listdir(tmp_path) == []


def test_a_temporary_folder_is_its_own(tmp_path) -> None:
    one, two = (temporary_folder("a-", tmp_path) for _ in range(2))
    assert one != two
    assert one.stat().st_mode & 0o777 == 0o700
    for folder in (one, two):
        remove_folder(folder)
    assert os.listdir(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        temporary_folder("a-", tmp_path / "missing")


def test_only_what_a_killed_program_left_is_swept(tmp_path) -> None:
    program = """
        from clustomer.unfinished import temporary_folder
        (temporary_folder("a-", ".") / "inner").mkdir()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run(program, tmp_path)[0] == -signal.SIGKILL
    assert len(os.listdir(tmp_path)) == 2
    mine = temporary_folder("a-", tmp_path)
    for name in ("a-results", "a-0123456789ab", "b-0123456789ab", "a-long.lock", "a-folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "a-folder.lock").touch()
    (tmp_path / "a-ba9876543210.lock").symlink_to(tmp_path / "a-folder.lock")
    kept = {mine.name, f"{mine.name}.lock", "a-results", "a-0123456789ab", "b-0123456789ab",
            "a-long.lock", "a-folder", "a-folder.lock", "a-ba9876543210.lock"}  # fmt: skip
    sweep_folders("a-", tmp_path)
    assert set(os.listdir(tmp_path)) == kept
    remove_folder(mine)
    assert set(os.listdir(tmp_path)) == kept - {mine.name, f"{mine.name}.lock"}


def test_a_folder_is_replaced_as_a_whole_or_stays(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    for text in ("first", "second"):
        with whole_folder(place) as aside:
            (aside / f"{text}.txt").write_text(text)
            assert place.exists() == (text == "second")
        assert [path.name for path in place.iterdir()] == [f"{text}.txt"]
    with pytest.raises(ZeroDivisionError), whole_folder(place):
        1 / 0  # noqa: B018
    refused = pytest.raises(OutputError, match="Name another folder with --dbt")
    with refused, whole_folder(place, option="--dbt") as aside:
        # there is nothing to move when the old folder is out of its place
        aside.rmdir()
    assert [path.name for path in place.iterdir()] == ["second.txt"]
    assert os.listdir(place.parent) == ["place"]
