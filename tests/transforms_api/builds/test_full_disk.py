"""A disk that is full or cannot be written: a clear error, nothing changed, and the next build goes on."""

import contextlib
import os
import subprocess

import polars
import pyarrow as pa
import pytest

from transforms.api import Output, transform, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.errors import ComputeError, StoreError
from transforms_api.warehouse.multi_table_commit import recover
from transforms_api.warehouse.warehouse import Warehouse

MEGABYTES = 3


@contextlib.contextmanager
def mounted(folder, *options):
    """Mount something at `folder`; unmounted at once, even while a failed writer still holds a file open."""
    folder.mkdir()
    try:
        subprocess.run(["mount", *options, str(folder)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"A small disk is mounted, which needs Linux and root: run pytest as root there ({error}).")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def warehouse(tmp_path):
    """A warehouse on a disk of three megabytes."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none") as disk:
        yield Warehouse(disk / "warehouse")


def writing(count):
    """A transform that writes so many numbers of 8 bytes that cannot be compressed."""
    numbers = pa.array([int.from_bytes(os.urandom(7), "big") for _ in range(count)])
    return transform.using(out=Output("/A/numbers"))(lambda out: out.write_table(pa.table({"n": numbers})))


def written_by_spark(count):
    return transform_df(Output("/A/numbers"))(lambda ctx: ctx.spark_session.range(count).selectExpr("uuid() as n"))


def files(warehouse):
    """Return the files of all datasets, and what jobs have left."""
    return {file for folder in ("master", "_jobs") for file in (warehouse.root / folder).rglob("*") if file.is_file()}


TOO_MANY = MEGABYTES * 1024 * 1024 // 8


def test_a_disk_that_fills_up_while_rows_are_written_changes_nothing(run_without_spark, warehouse):
    run_without_spark(writing(10))
    before = files(warehouse)
    with pytest.raises(ComputeError, match=r"^The disk is full: .* Nothing has been changed: make room, then build"):
        run_without_spark(writing(TOO_MANY))
    assert files(warehouse) == before
    assert run_without_spark(writing(20)).rows == {"/A/numbers": 20}


def test_a_disk_that_spark_fills_up_changes_nothing(spark, warehouse):
    environment = BuildEnvironment(lambda: spark, warehouse, "build-1")
    run_job(writing(10), environment)
    before = files(warehouse)
    with pytest.raises(ComputeError, match=r"^The disk is full: .*No space left on device\. Nothing has been changed"):
        run_job(written_by_spark(TOO_MANY), environment)
    assert files(warehouse) == before


def test_a_disk_that_is_full_at_any_step_changes_nothing_or_everything(run_without_spark, warehouse):
    run_without_spark(writing(10))
    filling = warehouse.root.parent / "filling"
    outcomes = set()
    for pages in range(12):  # of room: for a lock, a record, rows, another record, a commit
        leave_free(filling, pages * 4096)
        count, before = 11 + pages, warehouse.latest("/A/numbers")
        try:
            run_without_spark(writing(count))
            outcomes.add("built")
        except (ComputeError, StoreError) as error:
            outcomes.add("full")
            assert "No space left on device" in str(error)
        filling.unlink()
        recover(warehouse.root)  # as the next build does: it completes a job whose commits had been recorded
        after = warehouse.latest("/A/numbers")
        assert after.rows == (before.rows if after.version == before.version else count)
        assert len(polars.read_delta(str(after.table))) == after.rows
    assert outcomes == {"built", "full"}


def leave_free(filling, free):
    """Fill the disk with a file, but for so many bytes."""
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    with filling.open("r+b") as stream:
        stream.truncate(max(0, filling.stat().st_size - free))


def test_a_warehouse_that_cannot_be_written_says_so_and_can_be_read(run_without_spark, warehouse, tmp_path):
    run_without_spark(writing(10))
    with mounted(tmp_path / "read_only", "--bind", "-o", "ro", str(warehouse.root)) as folder:
        read_only = Warehouse(folder)
        with pytest.raises(
            StoreError, match=r"cannot be written: .*Read-only file system.*\. Nothing has been changed"
        ):
            run_job(writing(20), BuildEnvironment(lambda: None, read_only, "build-2"))
        assert read_only.latest("/A/numbers").rows == 10


def test_a_file_where_the_warehouse_should_be_is_said(tmp_path):
    (tmp_path / "warehouse").write_text("a file")
    environment = BuildEnvironment(lambda: None, Warehouse(tmp_path / "warehouse"), "build-1")
    with pytest.raises(StoreError, match=r"The warehouse .* cannot be written: .* Nothing has been changed"):
        run_job(writing(1), environment)
