"""Check what no linter does: the repository speaks of itself alone, and the lock is public."""

import re
import subprocess
import sys
from pathlib import Path

PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
FORBIDDEN = {
    r"/(home|root|Users|work|workspace)/[\w.-]+/": "a path of one machine",
    r"(?i)\bco-authored-by\b": "a co-author line",
    r"\bpickle\.(load|dump)|\bimport pickle\b|\bjoblib\.(load|dump)\b": "pickle",
}
MAX_BYTES = 600_000


def main() -> int:
    """Return 0 when all is well; print every finding."""
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True)
    names = listed.stdout.splitlines()
    findings = check_test_names(names)
    for name in names:
        path = Path(name)
        if not path.is_file():
            continue
        # the lock is written by uv, and grows with every extra
        if name != "uv.lock" and path.stat().st_size > MAX_BYTES:
            findings.append(f"{name}: {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}")
        findings += check_text(name, path)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def check_test_names(names: list[str]) -> list[str]:
    """Return the tests that pytest would leave out, since another file has their name.

    >>> check_test_names(["tests/a/test_x.py", "tests/b/test_x.py", "tests/b/test_y.py"])
    ['tests/b/test_x.py: another test file has this name']
    """
    first: dict[str, str] = {}
    return [
        f"{name}: another test file has this name"
        for name in names
        if re.fullmatch(r"tests/.*test_\w+\.py", name)
        and first.setdefault(name.rpartition("/")[2], name) != name
    ]


def check_text(name: str, path: Path) -> list[str]:
    """Return what is wrong with the text of one file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    if name == "uv.lock":
        hosts = set(re.findall(r"https?://([^/\"]+)", text))
        rows = [f"{name}: the host {host}" for host in sorted(hosts - PUBLIC_HOSTS)]
        return rows + ([f"{name}: a local file"] if "file:" in text else [])
    if name == "scripts/check_repository.py":
        return []
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in FORBIDDEN.items():
            if re.search(pattern, line):
                findings.append(f"{name}:{number}: {what}")
    return findings


if __name__ == "__main__":
    sys.exit(main())
