"""How long the whole pipeline takes for how many deals: `python benchmarks/scaling.py [SCALE]... [--profile NAME]`.

Each scale is a forced build, a process of its own. benchmarks/results-scaling.json keeps what was measured: the latest
for each scale, and docs/scaling.svg is drawn from it. The picture, and the memory of Java, need the extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
RESULTS = PROJECT / "benchmarks" / "results-scaling.json"
PICTURE = PROJECT / "docs" / "scaling.svg"
SCALES = (500, 5_000, 50_000, 500_000)


def measured(scale: int, profile: str) -> dict[str, Any]:
    """Return what a build costs: wall and CPU seconds, the most memory of its Java in MB, and bytes of its tables.

    Without psutil seconds of the processor and memory are 0.
    """
    try:
        import psutil
    except ModuleNotFoundError:
        psutil = None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, PROJECT / "run_local.py", "build", "--force", "--scale", str(scale)]
        began = time.monotonic()
        command += ["--profile", profile, "--warehouse", folder]
        start = psutil.Popen if psutil else subprocess.Popen
        build = start(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cpu, memory = 0.0, 0
        while build.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess) if psutil else contextlib.nullcontext():  # it ends just now
                for java in javas_of(build) if psutil else ():
                    cpu, memory = max(cpu, sum(java.cpu_times()[:2])), max(memory, java.memory_info().rss)
            time.sleep(0.5)
        if build.returncode:
            raise SystemExit(f"the build of {scale:,} deals failed")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
        return {"seconds": time.monotonic() - began, "cpu": cpu, "memory": memory / 1e6, "bytes": size}


def javas_of(build: Any) -> list[Any]:
    return [child for child in build.children(recursive=True) if child.name() == "java"]


def draw(results: dict[str, dict[str, Any]]) -> None:
    """Draw seconds, and milliseconds for each deal, over the number of deals, a line for each profile."""
    from matplotlib import pyplot

    figure, (whole, each) = pyplot.subplots(1, 2, figsize=(10, 4))
    for profile, by_scale in results.items():
        points = sorted((int(scale), one["seconds"]) for scale, one in by_scale.items())
        scales, seconds = zip(*points, strict=True)
        whole.plot(scales, seconds, marker="o", label=profile)
        each.plot(scales, [1000 * second / scale for scale, second in points], marker="o", label=profile)
    for axes, title in ((whole, "whole pipeline, seconds"), (each, "milliseconds for each deal")):
        axes.set(xscale="log", yscale="log", xlabel="deals", title=title)
        axes.grid(True, which="both", alpha=0.3)
        axes.legend(title="profile")
    figure.tight_layout()
    figure.savefig(PICTURE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scales", nargs="*", type=int, metavar="SCALE", help=f"numbers of deals; default: {SCALES}")
    parser.add_argument("--profile", default="local")
    parser.add_argument("--smallest", action="store_true", help="50 deals, not kept: only to see that it runs")
    options = parser.parse_args(arguments)
    scales = [50] if options.smallest else options.scales or SCALES
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for scale in scales:
        found = measured(scale, options.profile)
        results.setdefault(options.profile, {})[str(scale)] = found
        print(f"{scale:>12,} deals  {found['seconds']:>8.1f} s  {1000 * found['seconds'] / scale:>8.3f} ms a deal  "
              f"CPU {found['cpu']:>8.1f} s  memory {found['memory']:>7,.0f} MB", flush=True)  # fmt: skip
        if not options.smallest:
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    if not options.smallest:
        draw(results)


if __name__ == "__main__":
    main()
