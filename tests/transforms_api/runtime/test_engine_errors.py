import duckdb
import pyarrow as pa
import pytest

from transforms_api.errors import StoreError, WriteError
from transforms_api.runtime.engine_errors import in_one_sentence, sentence_of, text_of

JAVA = (
    "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job aborted\n\tat org.apache.Spark"
    "\nCaused by: java.io.IOException: the disk is on fire\n\tat java.base/Thread\n\t... 12 more\n"
)


def test_of_java_s_text_the_last_cause_is_told():
    assert text_of(RuntimeError(JAVA)) == "RuntimeError: java.io.IOException: the disk is on fire"


def test_other_text_is_told_as_it_is():
    assert text_of(ValueError("Caused by: me")) == "ValueError: Caused by: me"


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc"), duckdb.OutOfMemoryException("8 GB")])
def test_memory_runs_out_in_every_library(error):
    assert sentence_of(error, []).startswith("Python ran out of memory.")


def test_who_speaks_of_memory_has_not_run_out_of_it():
    assert sentence_of(ValueError("no java.lang.OutOfMemoryError here"), []) is None


def test_an_error_of_arrow_leads_to_the_file_that_it_is_about(write):
    good, bad = write("/A/good", n=[1]), write("/A/bad", n=[1])
    (bad.table / bad.paths[0]).write_bytes(b"?" * bad.sizes[bad.paths[0]])
    sentence = sentence_of(pa.ArrowInvalid("it does not say where"), [good, bad])
    assert sentence.startswith(f"{bad.table} is damaged: its file {bad.paths[0]} cannot be read: ")


def test_an_error_of_arrow_about_no_file_of_the_inputs_stays_what_it_is(write):
    assert sentence_of(pa.ArrowInvalid("a cast"), [write("/A/good", n=[1])]) is None


def test_our_own_errors_and_unknown_ones_pass():
    for error in (WriteError("ours"), KeyError("unknown")):
        with pytest.raises(type(error)), in_one_sentence([]):
            raise error


def test_an_error_that_has_a_sentence_is_the_cause_of_ours():
    with pytest.raises(StoreError, match="Python ran out of memory") as told, in_one_sentence([]):
        raise MemoryError
    assert isinstance(told.value.__cause__, MemoryError)
