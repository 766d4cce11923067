"""The files of a dataset, on the driver and in Spark's Python workers."""

import io

import pytest

from transforms.api import Input, Output, incremental, transform
from transforms_api.errors import StoreError, WriteError
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.inputs import TransformInput
from transforms_api.runtime.output_state import OutputState
from transforms_api.warehouse.table import InputView
from transforms_api.warehouse.transaction import Transaction

FILES = ["2024/january.csv", "2024/february.csv", "students.csv", "notes.txt", "_ingest.json", ".hidden/a.csv"]


@pytest.fixture
def files(tmp_path):
    """A file system to read that has FILES, each with its own name as its text."""
    from transforms_api.warehouse.table import list_files

    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    return FileSystem("/A/files", tmp_path, list_files(tmp_path))


@pytest.fixture
def output(tmp_path):
    """A file system that writes into an open transaction."""
    return OutputState("/A/files", "master", Transaction(tmp_path / "table")).file_system(None)


def names(files):
    return [entry.path for entry in files]


# Listing


def test_ls_shows_files_at_every_depth_and_hides_those_that_begin_with_a_dot_or_underscore(files):
    assert names(files.ls()) == ["2024/february.csv", "2024/january.csv", "notes.txt", "students.csv"]
    assert len(names(files.ls(show_hidden=True))) == 6


@pytest.mark.parametrize(
    ("glob", "matches"),
    [
        ("*.csv", ["students.csv"]),
        ("**/*.csv", ["2024/february.csv", "2024/january.csv", "students.csv"]),
        ("2024/*", ["2024/february.csv", "2024/january.csv"]),
        ("*t*", ["notes.txt", "students.csv"]),
        ("{notes,students}.*", ["notes.txt", "students.csv"]),
    ],
)
def test_a_glob_has_to_match_the_whole_name(files, glob, matches):
    assert names(files.ls(glob)) == matches


@pytest.mark.parametrize(
    ("regex", "matches"),
    [
        (r"[A-Z]*\.csv", []),  # anchored at the begin, as Foundry's documentation shows for students.csv
        (r"stud", ["students.csv"]),
        (r"(?i).*JANUARY.*", ["2024/january.csv"]),
    ],
)
def test_a_regex_matches_from_the_begin_of_the_name(files, regex, matches):
    assert names(files.ls(regex=regex)) == matches


def test_a_listing_has_bytes_and_milliseconds(files, tmp_path):
    [notes] = files.ls("notes.txt")
    assert notes.size == len("notes.txt")
    assert notes.modified == int((tmp_path / "notes.txt").stat().st_mtime * 1000)


# Streams


def test_a_file_is_read_as_text_or_bytes(files):
    assert files.open("2024/january.csv").read() == "2024/january.csv"
    assert files.open("notes.txt", "rb").read() == b"notes.txt"


def test_streams_neither_seek_nor_tell_as_on_foundry(files):
    with files.open("notes.txt", "rb") as stream:
        assert not stream.seekable()
        with pytest.raises(io.UnsupportedOperation):
            stream.seek(0)


def test_encoding_and_newline_are_those_of_io_open(output, tmp_path):
    with output.open("a/ä.csv", "w", encoding="latin-1", newline="\r\n") as stream:
        stream.write("ä\n")
    [written] = (tmp_path / "table").rglob("ä.csv")
    assert written.read_bytes() == b"\xe4\r\n"


def test_inputs_are_read_and_outputs_are_written_only(files, output):
    with pytest.raises(io.UnsupportedOperation, match="input are read"):
        files.open("notes.txt", "w")
    with pytest.raises(io.UnsupportedOperation, match="output are written"):
        output.open("notes.txt")


def test_a_file_that_is_not_there_is_named_with_its_dataset(files):
    with pytest.raises(FileNotFoundError, match=r"/A/files has no file 'gone\.csv'"):
        files.open("gone.csv")


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.csv", "a/../../b.csv"])
def test_a_file_outside_of_the_dataset_is_neither_written_nor_read(files, output, path):
    with pytest.raises(WriteError, match="would lie outside"):
        output.open(path, "w")
    with pytest.raises(FileNotFoundError):
        files.open(path)


# In jobs


def write_files(mode="replace", **texts):
    def write(out):
        out.set_mode(mode)
        for name, text in texts.items():
            with out.filesystem().open(f"{name}.csv", "w") as stream:
                stream.write(text)

    return transform(out=Output("/A/files"))(write)


def test_workers_read_an_input_s_files_through_the_pickled_input(run, rows):
    @transform(source=Input("/A/files"), out=Output("/A/lines"))
    def parse(ctx, source, out):
        def lines(file):
            with source.filesystem().open(file.path) as stream:
                return [(file.path, int(line)) for line in stream]

        rows = source.filesystem().files("**/*.csv").rdd.flatMap(lines)
        out.write_dataframe(ctx.spark_session.createDataFrame(rows, "file string, number int"))

    run(write_files(a="1\n2\n", b="3\n"))
    run(parse)
    assert rows("/A/lines") == [
        {"file": "a.csv", "number": 1},
        {"file": "a.csv", "number": 2},
        {"file": "b.csv", "number": 3},
    ]


def test_workers_write_an_output_s_files_through_the_pickled_output(run, warehouse):
    @transform(out=Output("/A/files"))
    def write(ctx, out):
        def save(number):
            with out.filesystem().open(f"part/{number}.txt", "w", newline="") as stream:
                stream.write(str(number))

        ctx.spark_session.sparkContext.parallelize([1, 2], 2).foreach(save)

    assert run(write).rows == {"/A/files": 2}
    view = InputView("/A/files", warehouse.latest("/A/files"))
    files = TransformInput(view, lambda: None).filesystem()
    assert [(entry.path, files.open(entry.path).read()) for entry in files.ls()] == [
        ("part/1.txt", "1"),
        ("part/2.txt", "2"),
    ]


def test_hadoop_path_is_a_folder_that_spark_reads(run, rows):
    @transform(source=Input("/A/files"), out=Output("/A/read"))
    def read(ctx, source, out):
        path = source.filesystem().hadoop_path
        out.write_dataframe(ctx.spark_session.read.csv([f"{path}/{file.path}" for file in source.filesystem().ls()]))

    run(write_files(a="1\n", b="2\n"))
    run(read)
    assert rows("/A/read") == [{"_c0": "1"}, {"_c0": "2"}]


def test_a_dataset_of_files_alone_has_no_table_to_read(run):
    run(write_files(a="1"))
    with pytest.raises(StoreError, match="holds files and no table"):
        run(transform(source=Input("/A/files"), out=Output("/A/out"))(lambda source, out: source.dataframe()))


def test_a_transaction_may_have_a_table_and_files(run, rows, warehouse):
    @transform(out=Output("/A/both"))
    def write(ctx, out):
        out.write_dataframe(ctx.spark_session.range(2))
        with out.filesystem().open("about.txt", "w") as stream:
            stream.write("two rows")

    run(write)
    assert len(rows("/A/both")) == 2
    assert names(warehouse.latest("/A/both").file_entries) == ["about.txt"]


def test_a_rewritten_dataset_loses_its_files_and_an_added_to_one_keeps_them(run, warehouse):
    def held():
        return names(warehouse.latest("/A/files").file_entries)

    run(write_files(a="1"))
    run(write_files("modify", b="2"))
    assert held() == ["a.csv", "b.csv"]
    run(write_files("replace", c="3"))
    assert held() == ["c.csv"]


def test_an_append_must_not_replace_a_file(run):
    run(write_files(a="1"))
    with pytest.raises(WriteError, match=r"has a file 'a\.csv' already"):
        run(write_files("append", a="2"))


def test_an_incremental_run_lists_the_files_that_are_new(run):
    seen = []
    follow = incremental()(
        transform(source=Input("/A/files"), out=Output("/A/out"))(
            lambda source, out: seen.append(names(source.filesystem().ls()))
        )
    )
    run(write_files(a="1"))
    run(follow)
    run(write_files("append", b="2"))
    run(follow)
    assert seen == [["a.csv"], ["b.csv"]]
