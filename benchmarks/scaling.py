"""How long the whole pipeline takes for how many deals: `python benchmarks/scaling.py [SCALE]... [--engine NAME]`.

Each scale is a forced build, a process of its own. benchmarks/results-scaling.json keeps what was measured: the latest
for each scale, and docs/scaling.svg is drawn from it. The picture, and the memory, need the extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
RESULTS = PROJECT / "benchmarks" / "results-scaling.json"
PICTURE = PROJECT / "docs" / "scaling.svg"
SCALES = (500, 5_000, 50_000, 500_000)


def measure(scale: int, profile: str, engine: str) -> dict[str, Any]:
    """Return what a build costs: wall seconds, CPU seconds, the most memory at a time in MB, and bytes of its tables.

    CPU seconds and memory are those of all its processes together, and 0 without psutil.
    """
    try:
        import psutil
    except ModuleNotFoundError:
        psutil = None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, PROJECT / "run_local.py", "build", "--force", "--scale", str(scale)]
        began = time.monotonic()
        command += ["--profile", profile, "--engine", engine, "--warehouse", folder]
        start = psutil.Popen if psutil else subprocess.Popen
        build = start(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cpu: dict[int, float] = {}
        memory = 0
        while build.poll() is None:
            if psutil:
                memory = max(memory, sum(read_usage(build, cpu)))
            time.sleep(0.5)
        if build.returncode:
            raise SystemExit(f"the build of {scale:,} deals failed")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
        seconds = time.monotonic() - began
        return {"seconds": seconds, "cpu": sum(cpu.values()), "memory": memory / 1e6, "bytes": size}


def read_usage(build: Any, cpu: dict[int, float]) -> Iterator[int]:
    """Yield the bytes of memory of each process of a build, and set its CPU seconds so far in `cpu` by its number."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):  # the build ends just now
        for process in [build, *build.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                cpu[process.pid] = sum(process.cpu_times()[:2])
                yield process.memory_info().rss


def draw(results: dict[str, dict[str, Any]]) -> None:
    """Draw seconds, and milliseconds for each deal, over the number of deals, a line for each profile and engine."""
    from matplotlib import pyplot

    figure, (whole, each) = pyplot.subplots(1, 2, figsize=(10, 4))
    for label, by_scale in results.items():
        points = sorted((int(scale), cost["seconds"]) for scale, cost in by_scale.items())
        scales, seconds = zip(*points, strict=True)
        whole.plot(scales, seconds, marker="o", label=label)
        each.plot(scales, [1000 * second / scale for scale, second in points], marker="o", label=label)
    for axes, title in ((whole, "whole pipeline, seconds"), (each, "milliseconds for each deal")):
        axes.set(xscale="log", yscale="log", xlabel="deals", title=title)
        axes.grid(True, which="both", alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(PICTURE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scales", nargs="*", type=int, metavar="SCALE", help=f"numbers of deals; default: {SCALES}")
    parser.add_argument("--profile", default="local", help="how Spark runs; a profile of conf/run.toml")
    parser.add_argument("--engine", choices=("spark", "sail", "auto"), default="spark")
    parser.add_argument("--smallest", action="store_true", help="50 deals, not kept: only to see that it runs")
    options = parser.parse_args(arguments)
    scales = [50] if options.smallest else options.scales or SCALES
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    label = f"spark, profile {options.profile}" if options.engine == "spark" else options.engine
    for scale in scales:
        cost = measure(scale, options.profile, options.engine)
        results.setdefault(label, {})[str(scale)] = cost
        print(f"{scale:>12,} deals  {cost['seconds']:>8.1f} s  {1000 * cost['seconds'] / scale:>8.3f} ms a deal  "
              f"CPU {cost['cpu']:>8.1f} s  memory {cost['memory']:>7,.0f} MB", flush=True)  # fmt: skip
        if not options.smallest:
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    if not options.smallest:
        draw(results)


if __name__ == "__main__":
    main()
