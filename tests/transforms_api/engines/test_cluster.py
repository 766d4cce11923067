import zipfile

import pytest

from transforms_api.engines.spark.cluster import cached_jars, place_settings, variables_for_workers
from transforms_api.warehouse.paths import storage_path

ON_S3 = storage_path("s3a://lake/tables")
LOCAL, CLUSTER = {"spark.master": "local[*]"}, {"spark.master": "spark://host:7077"}


@pytest.fixture
def environment(monkeypatch):
    """environment(NAME="value", …): the variables of AWS are these and no others."""

    def put(**variables):
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION", "ENDPOINT_URL"):
            monkeypatch.delenv(f"AWS_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def test_a_local_session_with_its_warehouse_on_a_disk_needs_nothing_more(tmp_path):
    assert place_settings(LOCAL, tmp_path) == {}
    assert variables_for_workers(tmp_path) == {}


def test_a_server_that_is_not_amazon_s_is_reached_by_the_endpoint_of_the_environment(environment):
    environment(AWS_ENDPOINT_URL="http://127.0.0.1:9000", AWS_REGION="eu-central-1")
    settings = place_settings(LOCAL, ON_S3)
    assert settings["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9000"
    assert settings["spark.hadoop.fs.s3a.endpoint.region"] == "eu-central-1"
    assert settings["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"


def test_amazon_s_own_is_reached_without_an_endpoint(environment):
    environment()
    assert not [key for key in place_settings(LOCAL, ON_S3) if "endpoint" in key or "path.style" in key]


def test_no_setting_has_a_secret_and_the_executors_python_receives_it(environment):
    environment(AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret")
    assert not {"key", "secret"} & set(place_settings(CLUSTER, ON_S3).values())
    assert variables_for_workers(ON_S3) == {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def test_executors_compute_in_utc(tmp_path):
    assert place_settings(CLUSTER, tmp_path) == {"spark.executorEnv.TZ": "UTC"}


def test_jars_are_used_when_all_of_them_have_been_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr("transforms_api.engines.spark.cluster.cache_folder", lambda: tmp_path)
    folder = tmp_path / "with-s3" / "jars"
    folder.mkdir(parents=True)
    for name in ("delta_delta-spark_2.12-3.3.3", "delta_delta-storage-3.3.3", "hadoop_hadoop-aws-3.3.4"):
        zipfile.ZipFile(folder / f"{name}.jar", "w").close()
    assert cached_jars(CLUSTER, ON_S3) == []
    zipfile.ZipFile(folder / "amazonaws_aws-java-sdk-bundle-1.12.262.jar", "w").close()
    assert len(cached_jars(CLUSTER, ON_S3)) == 4
