"""Jobs side by side in one Spark: what one leaves in its session does not reach another, and none stops Spark."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession, SQLContext
from pyspark.sql import functions as F

from transforms_api.engines.engine import CancelToken
from transforms_api.engines.spark.job_session import job_session


@pytest.fixture
def job(spark):
    """job() → the context manager of a job's session; job({setting: value}) for one with settings of its own."""
    return lambda settings=None: job_session(lambda: spark, settings or {}, CancelToken())


@pytest.fixture
def files(spark, tmp_path):
    spark.range(4).write.parquet(str(tmp_path / "rows"))
    return str(tmp_path / "rows")


def persisted(spark):
    return spark.sparkContext._jsc.getPersistentRDDs().size()


CACHING = {
    "cache": lambda session, files: session.read.parquet(files).cache().count(),
    "persist": lambda session, files: session.read.parquet(files).persist().count(),
    "CACHE TABLE": lambda session, files: session.sql(f"CACHE TABLE kept AS SELECT * FROM parquet.`{files}`"),
    "CACHE TABLE of a view": lambda session, files: (
        session.read.parquet(files).createOrReplaceTempView("rows"),
        session.catalog.cacheTable("rows"),
        session.table("rows").count(),
    ),
}


@pytest.mark.parametrize("way", CACHING)
def test_frames_that_a_job_caches_do_not_reach_a_job_beside_it(job, files, way):
    with job() as session, job() as other:
        CACHING[way](session(), files)
        rows = other().read.parquet(files).select(F.input_file_name().alias("file")).collect()
    assert len(rows) == 4
    assert all(row["file"].endswith(".parquet") for row in rows)


@pytest.mark.parametrize("way", CACHING)
def test_frames_that_a_job_caches_do_not_stay_in_memory_after_it(spark, job, files, way):
    before = persisted(spark)
    with job() as session:
        CACHING[way](session(), files)
        assert persisted(spark) > before
    assert persisted(spark) == before


def test_a_job_that_clears_the_cache_clears_its_own(spark, job, files):
    before = persisted(spark)
    with job() as session, job() as other:
        session().read.parquet(files).cache().count()
        other().catalog.clearCache()
        assert persisted(spark) == before + 1


LEAVING = {
    "global view": (lambda s: s.range(3).createOrReplaceGlobalTempView("left"), "select * from global_temp.left"),
    "view": (lambda s: s.range(3).createOrReplaceTempView("left"), "select * from left"),
    "view of SQL": (lambda s: s.sql("create temporary view left as select 1"), "select * from left"),
    "function": (lambda s: s.udf.register("left_udf", lambda x: x), "select left_udf(1)"),
    "saved table": (lambda s: s.range(3).write.saveAsTable("left"), "select * from left"),
    "database": (lambda s: s.sql("create database left_db"), "describe database left_db"),
}


@pytest.mark.parametrize("kind", LEAVING)
def test_names_that_a_job_defines_are_unknown_in_a_job_beside_it(job, kind):
    leave, query = LEAVING[kind]
    with job() as session, job() as other:
        leave(session())
        session().sql(query).collect()
        with pytest.raises(Exception, match=r"NOT_FOUND|UNRESOLVED_ROUTINE"):
            other().sql(query).collect()


@pytest.mark.parametrize("kind", ["global view", "view", "saved table"])
def test_a_name_that_two_jobs_define_means_the_rows_of_each_job(job, kind):
    save = {
        "global view": lambda frame: frame.createOrReplaceGlobalTempView("same"),
        "view": lambda frame: frame.createOrReplaceTempView("same"),
        "saved table": lambda frame: frame.write.saveAsTable("same"),
    }[kind]
    name = "global_temp.same" if kind == "global view" else "same"
    with job() as session, job() as other:
        save(session().range(3))
        save(other().range(5))
        assert (session().table(name).count(), other().table(name).count()) == (3, 5)


@pytest.mark.parametrize("form", ["parquet", "delta"])
def test_a_saved_table_can_be_overwritten_in_its_job(job, form):
    with job() as session:
        session().range(3).write.format(form).saveAsTable("again", mode="overwrite")
        session().range(5).write.format(form).saveAsTable("again", mode="overwrite")
        assert session().table("again").count() == 5


def test_a_table_without_a_format_is_created_without_hive(job):
    with job() as session:
        session().sql("create table made as select 1 as n")
        assert session().table("made").count() == 1


def test_saved_tables_leave_nothing_in_the_working_directory(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with job() as session:
        session().range(3).write.saveAsTable("saved")
        [file, *_] = session().table("saved").inputFiles()
    assert list(tmp_path.iterdir()) == []
    with job() as other, pytest.raises(Exception, match="PATH_NOT_FOUND"):
        other().read.parquet(file)


def test_a_job_can_checkpoint_its_rows(job):
    with job() as session:
        assert session().range(3).checkpoint().count() == 3


SETTING = {
    "conf.set": lambda session: session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo"),
    "SET": lambda session: session.sql("set spark.sql.session.timeZone = Asia/Tokyo"),
    "builder": lambda _: SparkSession.builder.config("spark.sql.session.timeZone", "Asia/Tokyo").getOrCreate(),
    "SQLContext": lambda s: SQLContext.getOrCreate(s.sparkContext).setConf("spark.sql.session.timeZone", "Asia/Tokyo"),
}


@pytest.mark.parametrize("way", SETTING)
def test_settings_of_a_job_hold_in_it_alone(spark, job, way):
    with job() as session:
        SETTING[way](session())
        assert session().conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    with job() as later:
        assert later().conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_a_session_has_the_settings_of_its_job_and_what_the_build_s_session_has(job):
    with job({"spark.sql.shuffle.partitions": "3"}) as session:
        assert session().conf.get("spark.sql.shuffle.partitions") == "3"
        assert session().conf.get("spark.sql.ansi.enabled") == "false"


def test_a_session_has_delta_lake(job, tmp_path):
    with job() as session:
        session().range(3).write.format("delta").save(str(tmp_path / "delta"))
        session().sql(f"delete from delta.`{tmp_path}/delta` where id = 1")
        assert session().read.format("delta").load(str(tmp_path / "delta")).count() == 2


WAYS_TO_A_SESSION = {
    "builder.getOrCreate": lambda: SparkSession.builder.appName("mine").master("local[1]").getOrCreate(),
    "getActiveSession": lambda: SparkSession.getActiveSession(),
    "active": lambda: SparkSession.active(),
    "SQLContext": lambda: SQLContext.getOrCreate(SparkContext.getOrCreate()).sparkSession,
}


@pytest.mark.parametrize("way", WAYS_TO_A_SESSION)
def test_pyspark_s_own_ways_to_a_session_lead_to_that_of_the_job_in_the_thread(job, way):
    both_run = threading.Barrier(2, timeout=30)

    def run(_):
        with job() as session:
            own = session()
            both_run.wait()
            return WAYS_TO_A_SESSION[way]() is own

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(run, range(2))) == [True, True]


def test_outside_of_jobs_pyspark_s_ways_lead_to_the_build_s_session(spark, job):
    with job() as session:
        session()
    assert SparkSession.builder.getOrCreate() is spark


STOPPING = {
    "session": lambda session: session.stop(),
    "context": lambda session: session.sparkContext.stop(),
    "active session": lambda _: SparkSession.getActiveSession().stop(),
    "builder's session": lambda _: SparkSession.builder.getOrCreate().stop(),
    "active context": lambda _: SparkContext.getOrCreate().stop(),
    "with": lambda session: session.__exit__(None, None, None),
    "context in a thread": lambda session: ThreadPoolExecutor().submit(session.sparkContext.stop).result(),
}


@pytest.mark.parametrize("way", STOPPING)
def test_a_job_cannot_stop_spark(spark, job, way):
    with job() as session:
        STOPPING[way](session())
        assert session().range(3).count() == 3
    assert spark.range(3).count() == 3


def test_a_job_that_stops_spark_has_a_note_once(job):
    with job() as session:
        session().stop()
        session().sparkContext.stop()
    assert [note.partition(":")[0] for note in session.notes] == ["stop() has no effect in a transform"]
