"""Single-node transforms with the warehouse on S3: libraries that only know folders get folders of this machine."""

import shutil
from pathlib import Path

import polars
import pytest

from transforms.api import Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.importing.sources import import_source


@pytest.fixture
def run(warehouse):
    """run(transform) → what the job published; there is no Spark."""
    return lambda transform: run_job(transform, BuildEnvironment(lambda: pytest.fail("Spark"), warehouse, "build-1"))


@pytest.fixture
def deals(warehouse, tmp_path):
    (tmp_path / "deals.csv").write_text("deal,amount\nA,10\nB,20\n")
    import_source(tmp_path / "deals.csv", "/A/deals", warehouse)


def make(compute, **outputs):
    return transform.using(deals=Input("/A/deals"), **{name: Output(path) for name, path in outputs.items()})(compute)


def test_rows_are_read_and_written_as_frames(run, deals, rows_of):
    def compute(deals, out):
        out.write_table(deals.polars(lazy=True).filter(polars.col("amount") > 10))

    assert run(make(compute, out="/A/large")).rows == {"/A/large": 1}
    assert rows_of("/A/large") == [{"deal": "B", "amount": 20}]


def test_rows_are_read_and_written_as_parquet_files_in_folders_of_this_machine(run, deals, rows_of):
    def compute(deals, out):
        for file in Path(deals.path()).rglob("*.parquet"):
            shutil.copy(file, Path(out.path_for_write_table) / file.name)
        out.write_table(out.path_for_write_table)
        assert polars.read_parquet(out.path()).height == 2

    run(make(compute, out="/A/copy"))
    assert rows_of("/A/copy") == [{"deal": "A", "amount": 10}, {"deal": "B", "amount": 20}]


def test_files_are_written_and_read_as_streams_that_go_one_way(run, deals, rows_of):
    def write(deals, letters):
        with letters.filesystem().open("a/b.txt", "w") as stream:
            stream.write("Dear A,\nyours")

    def read(letters, lines):
        files = letters.filesystem()
        [file] = files.ls()
        with files.open(file.path) as stream:
            assert not stream.seekable()
            lines.write_table(polars.DataFrame({"file": file.path, "line": [line.strip() for line in stream]}))

    assert run(make(write, letters="/A/letters")).rows == {"/A/letters": 1}
    run(transform.using(letters=Input("/A/letters"), lines=Output("/A/lines"))(read))
    assert rows_of("/A/lines") == [{"file": "a/b.txt", "line": "Dear A,"}, {"file": "a/b.txt", "line": "yours"}]
