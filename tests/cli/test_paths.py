"""The paths that commands show."""

from pathlib import Path

from clustomer.commands.paths import shown


def test_the_newest_version_is_shown_as_latest(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / "versions" / name).mkdir(parents=True)
    (tmp_path / "latest").symlink_to("versions/second", target_is_directory=True)
    first, second = (tmp_path / "versions" / name for name in ("first", "second"))
    assert (shown(first), shown(second)) == (first, tmp_path / "latest")
