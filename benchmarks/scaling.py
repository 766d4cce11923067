"""How long the whole pipeline takes for how many deals: `python benchmarks/scaling.py [SCALE]... [--profile NAME]`.

Each scale is a forced build, a process of its own. benchmarks/results-scaling.json keeps what was measured: the latest
for each scale, and docs/scaling.svg is drawn from it. It needs `pip install -e '.[benchmarks]'`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from matplotlib import pyplot

PROJECT = Path(__file__).parents[1]
RESULTS = PROJECT / "benchmarks" / "results-scaling.json"
PICTURE = PROJECT / "docs" / "scaling.svg"
SCALES = (500, 5_000, 50_000, 500_000)


def measured(scale: int, profile: str) -> dict[str, Any]:
    """Return what a build costs: wall and CPU seconds, the most memory of its Java in MB, and bytes of its tables."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, PROJECT / "run_local.py", "build", "--force", "--scale", str(scale)]
        began = time.monotonic()
        build = psutil.Popen([*command, "--profile", profile, "--warehouse", folder], stdout=subprocess.DEVNULL)
        cpu, memory = 0.0, 0
        while build.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
                for java in (child for child in build.children(recursive=True) if child.name() == "java"):
                    cpu, memory = max(cpu, sum(java.cpu_times()[:2])), max(memory, java.memory_info().rss)
            time.sleep(0.5)
        if build.returncode:
            raise SystemExit(f"the build of {scale:,} deals failed")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
        return {"seconds": time.monotonic() - began, "cpu": cpu, "memory": memory / 1e6, "bytes": size}


def draw(results: dict[str, dict[str, Any]]) -> None:
    """Draw seconds, and milliseconds for each deal, over the number of deals, a line for each profile."""
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


def main(arguments: Sequence[str]) -> None:
    profile = arguments[arguments.index("--profile") + 1] if "--profile" in arguments else "local"
    scales = [int(argument) for argument in arguments if argument.isdigit()] or SCALES
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for scale in scales:
        found = measured(scale, profile)
        results.setdefault(profile, {})[str(scale)] = found
        print(f"{scale:>12,} deals  {found['seconds']:>8.1f} s  {1000 * found['seconds'] / scale:>8.3f} ms a deal  "
              f"CPU {found['cpu']:>8.1f} s  memory {found['memory']:>7,.0f} MB", flush=True)  # fmt: skip
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    draw(results)


if __name__ == "__main__":
    main(sys.argv[1:])
