import multiprocessing

import pytest

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.locks import lock_tables


def hold(root, table, held, go_on):
    with lock_tables(root, [table], "the nightly build"):
        held.set()
        go_on.wait(30)


@pytest.fixture
def holder(tmp_path):
    """A process of its own that holds the lock of a table until its end: (process, table)."""
    spawn = multiprocessing.get_context("spawn")
    held, go_on = spawn.Event(), spawn.Event()
    process = spawn.Process(target=hold, args=(tmp_path, tmp_path / "master/A", held, go_on))
    process.start()
    assert held.wait(30)
    yield process, tmp_path / "master/A"
    process.kill()
    process.join()


def test_a_job_that_may_not_wait_for_a_lock_is_refused_with_its_holder_since_when_and_for_what(tmp_path, holder):
    process, table = holder
    with pytest.raises(LockedError) as refused, lock_tables(tmp_path, [table], "mine", timeout=0):
        pass
    assert f"has been held by process {process.pid} on " in str(refused.value)
    assert "for the nightly build" in str(refused.value)


def test_a_waiting_job_reports_the_wait_and_takes_over_when_the_holder_dies(tmp_path, holder):
    process, table = holder
    messages = []

    def kill(message):
        messages.append(message)
        process.kill()

    with lock_tables(tmp_path, [table], "mine", timeout=30, on_wait=kill):
        pass
    assert messages[0].startswith("waiting for A, which has been held by process")


def test_a_lock_of_one_table_leaves_other_tables_free(tmp_path, holder):
    with lock_tables(tmp_path, [tmp_path / "master/B"], "mine", timeout=0):
        pass


def test_a_warehouse_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "_locks").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"), lock_tables(tmp_path, [tmp_path / "master/A"], "mine"):
        pass
