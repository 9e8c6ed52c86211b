"""Check a project of Power BI with Microsoft's own program, which needs Node.js and npm.

    python scripts/check_powerbi.py PROJECT.pbip [--program FOLDER]

The program is `@microsoft/powerbi-report-authoring-cli`; it is installed into FOLDER (by default
.powerbi-check), unless it is there. It finds faults of the report, its visuals and what they are
bound to. It never sees how Power BI Desktop loads a project.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = "@microsoft/powerbi-report-authoring-cli"
VERSION = "0.4.0"
BRIDGE = "@microsoft/powerbi-desktop-bridge-cli"
"""What the program needs of Desktop on Windows; elsewhere an empty one stands in its place."""

FOLDER = Path(".powerbi-check")


def main(arguments: list[str]) -> int:
    """Return 0 where Microsoft's program has no fault to find."""
    folder = FOLDER
    if "--program" in arguments:
        place = arguments.index("--program")
        folder = Path(arguments[place + 1])
        arguments = arguments[:place] + arguments[place + 2 :]
    if len(arguments) != 1:
        print(__doc__)
        return 2
    install(folder)
    faults = check(Path(arguments[0]), folder)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def install(folder: Path) -> None:
    """Install the program into a folder, unless it is there."""
    if (folder / "node_modules" / PROGRAM).is_dir():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found. Install Node.js 20 or later.")
    stub = folder / "bridge"
    stub.mkdir(parents=True, exist_ok=True)
    about = {"name": BRIDGE, "version": "1.0.0", "type": "module", "main": "index.js"}
    (stub / "package.json").write_text(json.dumps(about), encoding="utf-8")
    (stub / "index.js").write_text("", encoding="utf-8")
    wanted = {
        "private": True,
        "dependencies": {PROGRAM: VERSION, BRIDGE: "file:./bridge"},
        "overrides": {BRIDGE: "file:./bridge"},
    }
    (folder / "package.json").write_text(json.dumps(wanted), encoding="utf-8")
    call = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(call, cwd=folder, check=True)
    program = folder / "node_modules" / PROGRAM / "dist" / "cli.js"
    names = imported(program.read_text(encoding="utf-8"))
    (folder / "node_modules" / BRIDGE / "index.js").write_text(
        "".join(f"export const {name} = () => [];\n" for name in names), encoding="utf-8"
    )


def imported(program: str) -> list[str]:
    """Return the names that the program imports from the bridge."""
    pattern = r"(?:import|export)\s*\{([^}]*)\}\s*from \"" + re.escape(BRIDGE) + '"'
    return sorted(
        {
            name.split(" as ")[0].strip()
            for match in re.finditer(pattern, program)
            for name in match[1].split(",")
            if name.strip()
        }
    )


def check(project: Path, folder: Path = FOLDER) -> list[str]:
    """Return what the program finds wrong; schemas are not fetched from the network."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("node was not found. Install Node.js 20 or later.")
    program = folder / "node_modules" / PROGRAM / "dist" / "cli.js"
    call = [node, str(program), "validate", str(project), "--no-schema"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    data = answer.get("data") or answer["error"]["details"]
    faults = [
        f"{about['severity']}: {code}: {item['message']}"
        for code, about in data.get("diagnostics", {}).items()
        for item in about["items"]
    ]
    if data["result"] != "succeeded" and not faults:
        raise SystemExit(done.stdout + done.stderr)
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
