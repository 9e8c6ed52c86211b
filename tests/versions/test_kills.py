"""A run that is killed at any step of publishing leaves results that open whole."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from clustomer.errors import InputError
from clustomer.versions import Results
from clustomer.versions.store import new_version

posix = pytest.mark.skipif(os.name == "nt", reason="signals and forks are POSIX's")

PROGRAM = textwrap.dedent(
    """
    import os, shutil, signal, sys
    from clustomer.versions.store import new_version

    STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod",
             "os.listdir", "os.scandir", "fcntl.flock", "fsync", "shutil.rmtree"}

    def publish(folder, text):
        with new_version(folder, cutoff="2024-01-01", identity={"k": 4}, about={"note": text},
                         missing=lambda present, manifest: []) as draft:
            draft.write_text("reports/a.txt", text)
            draft.write_text("b.txt", text)

    def killed_at(number):
        # every call to the system in turn is the last before which the process ends
        passed = 0
        def step(name, arguments):
            nonlocal passed
            if name in STEPS:
                passed += 1
                if passed == number:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(step)
        # a kill leaves the memory of the system, so that nothing need go to the disk here
        os.fsync = lambda descriptor: sys.audit("fsync")

    begun, place, text = sys.argv[1:]
    for number in range(1, 1000):
        folder = f"{place}/{number}"
        if os.path.exists(begun):
            shutil.copytree(begun, folder, symlinks=True)
        child = os.fork()
        if child == 0:
            killed_at(number)
            publish(folder, text)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(number, os.WEXITSTATUS(status))
            break
    """
)


def write(folder: Path, text: str) -> Results:
    with new_version(
        folder,
        cutoff="2024-01-01",
        identity={"k": 4},
        about={"note": text},
        missing=lambda present, manifest: [],
    ) as draft:
        draft.write_text("reports/a.txt", text)
        draft.write_text("b.txt", text)
    assert draft.result is not None
    return draft.result


def wholes(folder: Path) -> set[str]:
    """Return the names of the versions that are whole."""
    versions = (folder / "versions").glob("*") if folder.exists() else ()
    return {path.name for path in versions if not Results.open(path).damaged()}


def before(name: str, folder: Path) -> None:
    if name == "nothing":
        return
    first = write(folder, "before")
    if name == "damaged":
        (first.path / "b.txt").write_text("damaged")


@posix
@pytest.mark.parametrize("name", ["nothing", "another", "the same", "damaged"])
def test_a_kill_at_any_step_leaves_latest_whole(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    text = "before" if name in ("the same", "damaged") else "after"
    begun = tmp_path / "begun"
    before(name, begun)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(begun), str(tmp_path / "runs"), text],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    steps, code = map(int, done.stdout.split())
    assert code == 0
    assert 30 < steps < 200
    notes = set()
    for number in range(1, steps + 1):
        folder = tmp_path / "runs" / str(number)
        kept = wholes(begun)
        try:
            latest = Results.open(folder)
            notes.add(latest.manifest["note"])
            if name != "damaged" or latest.path.name.endswith(".2"):
                assert latest.damaged() == []
        except InputError:
            # nothing yet, where there was nothing
            assert name == "nothing", number
            notes.add(None)
        assert kept <= wholes(folder), number
        # the next run sweeps: what was whole stays so, and what was left half is gone
        kept = wholes(folder)
        published = write(folder, text)
        assert kept <= wholes(folder), number
        assert Results.open(folder).manifest == published.manifest
        assert Results.open(folder).damaged() == []
        assert sorted(os.listdir(folder)) == ["latest", "versions"], number
    # some kills came before the swap, and some after
    assert (
        notes
        == {
            "nothing": {None, "after"},
            "another": {"before", "after"},
            "the same": {"before"},
            "damaged": {"before"},
        }[name]
    )


def test_everything_is_on_the_disk_before_it_is_led_to(tmp_path: Path, monkeypatch) -> None:
    flushed: set[tuple[int, int]] = set()
    order: list[str] = []
    fsync, replace, rename = os.fsync, os.replace, Path.rename

    def identity(status: os.stat_result) -> tuple[int, int]:
        return status.st_dev, status.st_ino

    def flush(descriptor: int) -> None:
        flushed.add(identity(os.fstat(descriptor)))
        fsync(descriptor)

    def moved(path: Path, target: Path) -> Path:
        order.append("draft")
        everything = [path, *path.rglob("*")]
        assert len(everything) == 5
        assert {identity(part.stat()) for part in everything} <= flushed
        return rename(path, target)

    def swapped(link: Path, target: Path) -> None:
        order.append("latest")
        assert identity((tmp_path / "versions").stat()) in flushed
        replace(link, target)
        flushed.clear()

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", swapped)
    monkeypatch.setattr(Path, "rename", moved)
    write(tmp_path, "a")
    assert order == ["draft", "latest"]
    assert identity(tmp_path.stat()) in flushed


LIVE = textwrap.dedent(
    """
    import sys
    from clustomer.versions.store import new_version
    with new_version(sys.argv[1], cutoff="2024-01-02", identity={}, about={"note": "live"},
                     missing=lambda present, manifest: []) as draft:
        draft.write_text("a.txt", "live")
        print(draft.path, flush=True)
        sys.stdin.read()
    """
)


@posix
def test_a_run_of_another_process_namespace_keeps_its_draft(tmp_path: Path) -> None:
    """Process numbers of two containers mean nothing to each other; locks do."""
    inside = ["unshare", "--pid", "--fork", "--mount-proc"]
    may = (
        shutil.which("unshare")
        and not subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    )
    command = [*(inside if may else []), sys.executable, "-c", LIVE, str(tmp_path)]
    live = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert live.stdout is not None
    draft = Path(live.stdout.readline().strip())
    assert draft.is_dir()
    write(tmp_path, "beside")
    assert draft.is_dir()
    live.communicate("")
    assert live.returncode == 0
    assert Results.open(tmp_path).manifest["note"] == "live"
    assert Results.open(tmp_path).damaged() == []
    assert sorted(os.listdir(tmp_path)) == ["latest", "versions"]


@posix
def test_a_run_that_was_killed_leaves_its_draft_to_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIVE, str(tmp_path)]
    live = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert live.stdout is not None
    draft = Path(live.stdout.readline().strip())
    live.send_signal(signal.SIGKILL)
    live.communicate()
    assert draft.is_dir()
    write(tmp_path, "next")
    assert sorted(os.listdir(tmp_path)) == ["latest", "versions"]
