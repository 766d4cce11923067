import threading
import time

from transforms_api.cli.progress import running_tasks

PATIENCE = 60
"""Seconds after which a test gives up."""


def test_running_tasks_are_counted_per_job(spark):
    def job():
        spark.sparkContext.setJobGroup("group", "shop.orders:orders")
        spark.range(0, 3, 1, 3).selectExpr("reflect('java.lang.Thread', 'sleep', bigint(1000))").collect()

    running = threading.Thread(target=job)
    running.start()
    deadline = time.monotonic() + PATIENCE
    while not (tasks := running_tasks().get("shop.orders:orders")):
        assert time.monotonic() < deadline
    running.join()
    done, total = tasks
    assert 0 <= done < total == 3
    assert "shop.orders:orders" not in running_tasks()
