"""Measure the duration of the default suite: `python benchmarks/suite_time.py [argument of pytest …]`.

Runs what `pytest` alone runs and prints the seconds in all, the 25 slowest tests with their fixtures, and the seconds
of each folder. Leave the machine idle meanwhile.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).parents[1]
SLOWEST = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of pytest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smallest", action="store_true", help="one folder of tests: only to see that it runs")
    options, for_pytest = parser.parse_known_args(arguments)
    if options.smallest:
        for_pytest.append("tests/transforms_api/porting/contracts")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = [f"--junit-xml={report}", "-o", "junit_duration_report=total", *for_pytest]
        begun = time.perf_counter()
        code = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=PROJECT).returncode
        seconds = time.perf_counter() - begun
        tests = list(ElementTree.parse(report).iter("testcase")) if report.is_file() else []
    times = {f"{test.get('classname')}::{test.get('name')}": float(test.get("time", 0)) for test in tests}
    folders: Counter[str] = Counter()
    for name, taken in times.items():
        folders[".".join(name.split("::")[0].split(".")[:3])] += taken  # tests.revops.common
    print(f"\n{seconds:.0f} s in all, {len(times):,} tests, {os.cpu_count()} cores\n\nThe {SLOWEST} slowest tests:")
    for name, taken in sorted(times.items(), key=lambda item: -item[1])[:SLOWEST]:
        print(f"{taken:7.1f} s  {name}")
    print("\nBy folder, the seconds of all workers added up:")
    for name, taken in folders.most_common():
        print(f"{taken:7.1f} s  {name}")
    return code


if __name__ == "__main__":
    sys.exit(main())
