"""The paths that commands show."""

from pathlib import Path


def shown(version: Path) -> Path:
    """Return the path of a version as people open it: `latest`, where that is this one.

    >>> shown(Path("results/versions/20240101T000000Z"))
    PosixPath('results/versions/20240101T000000Z')
    """
    latest = version.parent.parent / "latest"
    return latest if latest.exists() and latest.resolve() == version.resolve() else version
