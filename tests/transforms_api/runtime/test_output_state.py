"""Handles of outputs that outlive their job: what they still write is an error, and changes nothing."""

import pickle
import threading
from pathlib import Path

import polars
import pytest

from transforms.api import Output, transform
from transforms_api.errors import ComputeError, WriteError

ONE = polars.DataFrame({"x": [1]})
OTHER = polars.DataFrame({"x": [99] * 5})
ENDED = "can no longer be written: its job has ended"


@pytest.fixture
def kept(run_without_spark):
    """kept(compute) → the output's handle, after a job that called `compute` with it."""

    def run(compute):
        handles = []

        def keep(out):
            handles.append(out)
            compute(out)

        run_without_spark(transform.using(out=Output("/A/out"))(keep))
        return handles[0]

    return run


@pytest.fixture
def published(warehouse):
    """published() → the content of every file of the dataset's folder."""
    folder = warehouse.table("/A/out")
    return lambda: {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def write_rows(out):
    out.write_table(ONE)


def write_file(out):
    with out.filesystem().open("a.txt", "w") as stream:
        stream.write("first")


def write_folder(out):
    ONE.write_parquet(Path(out.path_for_write_table) / "a.parquet")
    out.write_table(out.path_for_write_table)


@pytest.mark.parametrize(
    "late",
    [
        lambda out: out.write_table(OTHER),
        lambda out: out.write_pandas(OTHER.to_pandas()),
        lambda out: out.write_dataframe(OTHER),
        lambda out: out.put_metadata(),
        lambda out: out.path_for_write_table,
        lambda out: out.path_for_object_store_write_table,
        lambda out: out.path(),
        lambda out: out.filesystem(),
        lambda out: out.set_mode("append"),
        lambda out: out.abort(),
    ],
)
def test_a_handle_that_was_kept_is_an_error_after_its_job(kept, published, late):
    out = kept(write_rows)
    before = published()
    with pytest.raises(WriteError, match=ENDED):
        late(out)
    assert published() == before


def test_a_file_system_that_was_kept_is_an_error_after_its_job(kept, published):
    systems = []

    def write(out):
        systems.append(out.filesystem())
        write_file(out)

    kept(write)
    before = published()
    with pytest.raises(WriteError, match=ENDED):
        systems[0].open("a.txt", "w")
    assert published() == before


def test_a_copy_of_a_file_system_in_another_process_is_an_error_after_the_job(kept, published):
    copies = []

    def write(out):
        write_file(out)
        copies.append(pickle.dumps(out.filesystem()))

    kept(write)
    before = published()
    with pytest.raises(WriteError, match=ENDED):
        pickle.loads(copies[0]).open("a.txt", "w")
    assert published() == before


def test_a_stream_that_another_process_closes_after_the_job_writes_nothing(kept, published):
    streams = []

    def write(out):
        write_file(out)
        copy = pickle.loads(pickle.dumps(out.filesystem()))
        streams.append(copy.open("a.txt", "w"))
        streams[0].write("second")

    kept(write)
    before = published()
    with pytest.raises(WriteError, match="was closed after its job had ended"):
        streams[0].close()
    assert published() == before


@pytest.mark.parametrize("write", [write_rows, write_file, write_folder])
def test_a_path_that_was_kept_leads_to_nothing_that_is_published(kept, published, write):
    paths = []

    def compute(out):
        write(out)
        paths.append(out.path_for_write_table)
        paths.append(out.filesystem().hadoop_path.removeprefix("file://"))

    kept(compute)
    before = published()
    for path in map(Path, paths):
        path.mkdir(parents=True, exist_ok=True)
        for file in before:
            (path / file.name).write_text("overwritten")
    after = published()
    assert {file: after[file] for file in before} == before


@pytest.fixture
def full_disk(monkeypatch):
    """full_disk(out) writes rows to an output whose disk is full, and catches the error."""

    def write(out):
        def fail(*_):
            raise OSError("No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("transforms_api.runtime.single_node_outputs.stage", fail)
            with pytest.raises(OSError, match="No space"):
                out.write_table(OTHER)

    return write


def test_an_error_of_a_write_that_a_transform_catches_fails_its_job(kept, warehouse, full_disk):
    def write(out):
        out.write_table(ONE)
        full_disk(out)

    with pytest.raises(WriteError, match=r"/A/out: a write failed and .* The error: .*No space left"):
        kept(write)
    assert warehouse.latest("/A/out") is None


def test_a_write_that_replaces_the_rows_makes_up_for_one_that_failed(kept, warehouse, full_disk):
    def write(out):
        full_disk(out)
        out.write_table(ONE)

    kept(write)
    assert warehouse.latest("/A/out").rows == 1


def test_a_write_that_adds_rows_does_not_make_up_for_one_that_failed(kept, full_disk):
    def write(out):
        out.set_mode("append")
        full_disk(out)
        out.write_table(ONE)

    with pytest.raises(WriteError, match="a write failed"):
        kept(write)


def test_an_output_whose_write_failed_can_be_aborted(kept, warehouse, full_disk):
    def write(out):
        full_disk(out)
        out.abort()

    kept(write)
    assert warehouse.latest("/A/out") is None


def test_rows_that_were_written_can_still_be_read(kept):
    assert kept(write_rows).polars().to_dict(as_series=False) == {"x": [1]}


def test_an_aborted_job_s_handle_is_an_error_too(run_without_spark):
    handles = []

    def fail(out):
        handles.append(out)
        raise ValueError("no luck")

    with pytest.raises(ComputeError, match="no luck"):
        run_without_spark(transform.using(out=Output("/A/out"))(fail))
    with pytest.raises(WriteError, match=ENDED):
        handles[0].write_table(ONE)


def test_a_stream_that_is_still_open_fails_its_job_and_is_named(kept, warehouse):
    streams = []

    def write(out):
        streams.append(out.filesystem().open("a.txt", "w"))

    with pytest.raises(WriteError, match=r"File 'a\.txt' of /A/out was still open when the compute function ended"):
        kept(write)
    assert warehouse.latest("/A/out") is None


def test_an_abandoned_stream_is_closed_with_all_its_text(kept, warehouse):
    kept(lambda out: out.filesystem().open("a.txt", "w").write("text"))
    assert (warehouse.latest("/A/out").files_folder / "a.txt").read_text() == "text"


def test_a_thread_that_is_still_writing_fails_its_job(kept, warehouse, monkeypatch):
    writing, may_end = threading.Event(), threading.Event()

    def slowly(*_):
        writing.set()
        may_end.wait()
        return ONE.to_arrow()

    monkeypatch.setattr("transforms_api.runtime.single_node_outputs.as_arrow", slowly)
    threads = []

    def write(out):
        threads.append(threading.Thread(target=out.write_table, args=(ONE,)))
        threads[0].start()
        writing.wait()

    with pytest.raises(WriteError, match="was still being written by another thread when the compute function ended"):
        kept(write)
    may_end.set()
    threads[0].join()
    assert warehouse.latest("/A/out") is None


def test_threads_that_are_joined_write_one_after_the_other(kept, rows):
    def write(out):
        out.set_mode("append")
        threads = [threading.Thread(target=out.write_table, args=(ONE,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    kept(write)
    assert len(rows("/A/out")) == 8


def test_a_stream_s_name_is_its_file_s(kept):
    names = []

    def write(out):
        with out.filesystem().open("folder/a.txt", "w") as stream:
            names.append(Path(stream.name).name)

    kept(write)
    assert names == ["a.txt"]


def test_a_spark_handle_that_was_kept_is_an_error_after_its_job(run, spark, rows):
    handles = []

    def write(ctx, out):
        handles.append(out)
        out.write_dataframe(ctx.spark_session.range(2))

    run(transform(out=Output("/A/out"))(write))
    late = [
        lambda: handles[0].write_dataframe(spark.range(9)),
        lambda: handles[0].write_pandas(OTHER.to_pandas()),
        lambda: handles[0].filesystem(),
        lambda: handles[0].abort(),
    ]
    for attempt in late:
        with pytest.raises(WriteError, match=ENDED):
            attempt()
    assert rows("/A/out") == [{"id": 0}, {"id": 1}]
