"""How long `list --repo` takes on a large repository: `python benchmarks/list_repository.py [TRANSFORMS]`, else 1,000.

The repository is made for the run and removed after it. Printed are the seconds of the whole process, Python's start
and the imports included.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN_LOCAL = Path(__file__).parents[1] / "run_local.py"
MODULES_PER_PACKAGE = 50
SETUP = """\
from setuptools import setup

setup(entry_points={"transforms.pipelines": ["root = large.pipeline:my_pipeline"]})
"""
PIPELINE = """\
from transforms.api import Pipeline

from large import datasets

my_pipeline = Pipeline()
my_pipeline.discover_transforms(datasets)
"""
MODULE = """\
from transforms.api import Input, Output, transform_df


@transform_df(Output("/Large/dataset {number}"){inputs})
def compute(ctx, **inputs):
    return ctx.spark_session.range(1)
"""


def make_repository(folder: Path, transforms: int) -> None:
    """Write a repository of so many transforms, a module each, of which every one reads up to three earlier ones."""
    package = folder / "transforms-python" / "src" / "large"
    _write(folder / "transforms-python" / "build.gradle", "")
    _write(package.parent / "setup.py", SETUP)
    _write(package / "__init__.py", "")
    _write(package / "pipeline.py", PIPELINE)
    _write(package / "datasets" / "__init__.py", "")
    for number in range(transforms):
        part = package / "datasets" / f"part_{number // MODULES_PER_PACKAGE}"
        _write(part / "__init__.py", "")
        read = sorted({number // 2, number // 3, number - 1} - {number, -1})
        inputs = "".join(f', i{one}=Input("/Large/dataset {one}")' for one in read)
        _write(part / f"dataset_{number}.py", MODULE.format(number=number, inputs=inputs))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def main() -> None:
    transforms = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        make_repository(Path(folder), transforms)
        began = time.monotonic()
        subprocess.run([sys.executable, RUN_LOCAL, "list", "--repo", folder], check=True, stdout=subprocess.DEVNULL)
        print(f"{transforms:,} transforms listed in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
