"""All benchmarks in a row: ``python -m bench`` (``make bench``). Each is a process of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = (
    ["-m", "bench.main_job", "--families", "10000"],
    ["-m", "bench.main_job", "--families", "100000"],
    [str(HERE / "sheets.py")],
    [str(HERE / "matching.py")],
    [str(HERE / "policy" / "run.py")],
    ["-m", "bench.pages"],
)

if __name__ == "__main__":
    for run in RUNS:
        print(f"== python {' '.join(run)}", flush=True)
        subprocess.run([sys.executable, *run], cwd=HERE.parent, check=True)
