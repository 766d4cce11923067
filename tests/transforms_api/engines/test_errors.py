import duckdb
import pyarrow as pa
import pytest

from transforms_api.engines.spark import errors
from transforms_api.engines.spark.errors import error_text, explain, explain_failed_start, summarize
from transforms_api.errors import StoreError, WriteError

JAVA = (
    "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job aborted\n\tat org.apache.Spark"
    "\nCaused by: java.io.IOException: the disk is on fire\n\tat java.base/Thread\n\t... 12 more\n"
)


def test_the_last_cause_of_a_java_error_is_reported():
    assert error_text(RuntimeError(JAVA)) == "RuntimeError: java.io.IOException: the disk is on fire"


def test_the_text_of_an_error_that_is_not_spark_s_is_unchanged():
    assert error_text(ValueError("Caused by: me")) == "ValueError: Caused by: me"


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc"), duckdb.OutOfMemoryException("8 GB")])
def test_memory_runs_out_in_every_library(error):
    assert explain(error, []).startswith("Python ran out of memory.")


def test_an_error_that_only_mentions_memory_is_no_exhausted_memory():
    assert explain(ValueError("no java.lang.OutOfMemoryError here"), []) is None


def test_an_error_of_arrow_leads_to_the_file_that_it_is_about(write):
    good, bad = write("/A/good", n=[1]), write("/A/bad", n=[1])
    (bad.table / bad.paths[0]).write_bytes(b"?" * bad.sizes[bad.paths[0]])
    sentence = explain(pa.ArrowInvalid("it does not say where"), [good, bad])
    assert sentence.startswith(f"{bad.table} is damaged: its file {bad.paths[0]} cannot be read: ")


def test_an_error_of_arrow_about_no_file_of_the_inputs_stays_what_it_is(write):
    assert explain(pa.ArrowInvalid("a cast"), [write("/A/good", n=[1])]) is None


def test_our_own_errors_and_unknown_ones_pass():
    for error in (WriteError("ours"), KeyError("unknown")):
        with pytest.raises(type(error)), summarize([]):
            raise error


def test_an_error_that_has_a_sentence_is_the_cause_of_ours():
    with pytest.raises(StoreError, match="Python ran out of memory") as message, summarize([]):
        raise MemoryError
    assert isinstance(message.value.__cause__, MemoryError)


@pytest.fixture
def ended_spark(monkeypatch, tmp_path):
    """ended_spark(text) → what is said when the JVM has ended after it had printed this text."""

    def sentence(text):
        (tmp_path / "spark.log").write_text(f"java.lang.OutOfMemoryError: Java heap space of an earlier JVM\n{text}")
        errors.note_spark_log(tmp_path / "spark.log", 60)
        return explain(ConnectionRefusedError("[Errno 111] Connection refused"), [])

    monkeypatch.setattr(errors, "_comes_from_py4j", lambda error: True)
    monkeypatch.setattr(errors, "_how_spark_ended", lambda: "killed")
    monkeypatch.setattr(errors, "_spark_log", errors._SparkLog())
    return sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("java.lang.OutOfMemoryError: Java heap space\n\tat x\n", "Spark ran out of memory. Give it more"),
        ("java.lang.OutOfMemoryError: GC overhead limit exceeded\n", "Spark ran out of memory. Give it more"),
        (
            'Exception in thread "main" java.lang.OutOfMemoryError: Metaspace\n',
            "metaspace is full. Raise or",
        ),
        ("java.lang.OutOfMemoryError: Compressed class space\n", "metaspace is full. Raise or remove -XX:MaxMetaspace"),
        (
            "OpenJDK VM warning: CodeCache is full. Compiler has been disabled.\nCodeCache: size=49152Kb\n",
            "code cache is full. Raise -XX:ReservedCodeCacheSize",
        ),
        (
            "java.lang.VirtualMachineError: Out of space in CodeCache for adapters\n",
            "code cache is full.",
        ),
        ("java.lang.OutOfMemoryError: unable to create native thread: possibly\n", "cannot start more threads"),
    ],
)
def test_when_spark_has_ended_its_log_says_what_it_ran_out_of(ended_spark, text, sentence):
    message = ended_spark(text)
    assert message.startswith("Spark is no longer there: its Java process has ended. Spark")
    assert sentence in message
    assert message.endswith("Then run build --retry.")


def test_when_the_log_says_nothing_spark_may_have_been_killed(ended_spark):
    assert "killed or out of memory" in ended_spark("26/11/29 WARN Utils\n")


def test_a_running_spark_whose_metaspace_is_full_says_so(monkeypatch):
    monkeypatch.setattr(errors, "_comes_from_py4j", lambda error: True)
    error = RuntimeError("An error occurred\n: java.lang.OutOfMemoryError: Metaspace\n\tat x")
    assert "metaspace is full" in explain(error, [])


EXITED = RuntimeError("[JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.")
NOT_CREATED = "Error: Could not create the Java Virtual Machine.\nError: A fatal exception has occurred.\n"
LOG = "2026-11-29 22:49 WARN  Utils: Set SPARK_LOCAL_IP\n"


@pytest.mark.parametrize(
    ("printed", "reason", "remedy"),
    [
        (
            "Error occurred during initialization of VM\n"
            "DynamicDumpSharedSpaces is unsupported when base CDS archive is not loaded\n",
            "DynamicDumpSharedSpaces is unsupported when base CDS archive is not loaded.",
            "spark.driver.extraJavaOptions",
        ),
        (f"Unrecognized VM option 'Foo'\n{NOT_CREATED}", "Unrecognized VM option 'Foo'.", "extraJavaOptions"),
        (f"Invalid maximum heap size: -Xmx4gb\n{NOT_CREATED}", "Invalid maximum heap size: -Xmx4gb.", "memory (4g)"),
        (
            "OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory failed\n#\n"
            "# There is insufficient memory for the Java Runtime Environment to continue.\n# Native memory\n",
            "There is insufficient memory for the Java Runtime Environment to continue.",
            "spark.driver.memory (4g)",
        ),
        (
            'Error: A JNI error has occurred\nException in thread "main" java.lang.ExceptionInInitializerError\n'
            "\tat java.base/x\nCaused by: java.lang.OutOfMemoryError: Java heap space\n",
            "java.lang.OutOfMemoryError: Java heap space.",
            "spark.driver.memory (4g)",
        ),
        (
            "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGBUS (0x7) at pc=0x00\n",
            "A fatal error has been detected by the Java Runtime Environment: SIGBUS (0x7) at pc=0x00.",
            "java_error_",
        ),
        ("Error: Invalid option string: -Da=b\n\nUsage: spark-submit\n", "Invalid option string: -Da=b.", "extraJava"),
        (f"{LOG}2026-11-29 22:49 ERROR Failed to create local dir in /x\n", "Failed to create", "SPARK_LOCAL_DIRS"),
        ("", "JAVA_GATEWAY_EXITED", "spark.driver.extraJavaOptions"),
    ],
)  # fmt: skip
def test_a_start_that_fails_is_explained_by_what_the_jvm_printed(printed, reason, remedy):
    sentence = explain_failed_start(EXITED, printed, {"spark.driver.memory": "4g"}, {})
    assert sentence.startswith("Spark does not start: ")
    assert reason in sentence
    assert remedy in sentence


def test_variables_with_options_for_the_jvm_are_named_without_their_value():
    environ = {"JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStorePassword=secret"}
    sentence = explain_failed_start(EXITED, "Unrecognized VM option 'Foo'\n", {}, environ)
    assert sentence.endswith("and from the variable JAVA_TOOL_OPTIONS.")
    assert "secret" not in sentence


def test_an_error_of_spark_itself_is_the_reason_though_the_jvm_runs():
    class Py4JJavaError(Exception): ...

    error = Py4JJavaError(
        "An error occurred while calling None.Context.\n: java.net.BindException: Service 'sparkDriver' failed "
        "after 16 retries!\n\tat java.base/sun.nio\n"
    )
    sentence = explain_failed_start(error, LOG, {}, {})
    assert sentence.startswith(
        "Spark does not start: java.net.BindException: Service 'sparkDriver' failed after 16 ret"
    )
    assert "spark.driver.bindAddress" in sentence


def test_a_spark_home_that_is_not_there_is_the_reason():
    error = FileNotFoundError(2, "No such file or directory", "/nope/./bin/spark-submit")
    assert "Unset SPARK_HOME" in explain_failed_start(error, "", {}, {})
