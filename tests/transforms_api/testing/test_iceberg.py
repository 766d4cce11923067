"""compute_transform and run_transform on transforms that declare Iceberg tables."""

import pyarrow.compute as pc
import pytest

from transforms.api import incremental, transform
from transforms.tables import TableInput, TableOutput
from transforms_api.testing import compute_transform, run_transform

pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

READINGS = [{"station": "Bern", "level": 300}, {"station": "Thun", "level": 450}]


@transform.using(readings=TableInput("/Rivers/readings"), high=TableOutput("/Rivers/high"))
def high_water(readings, high):
    high.iceberg().write(readings.iceberg().table().scan("level > 400").to_arrow())


@transform.spark.using(readings=TableInput("/Rivers/readings"), high=TableOutput("/Rivers/high"))
def high_water_on_spark(readings, high):
    high.iceberg().write(readings.iceberg().table().scan("level > 400").to_arrow())


@incremental()
@transform.using(readings=TableInput("/Rivers/readings"), high=TableOutput("/Rivers/high"))
def growing(readings, high):
    high.iceberg().write(readings.arrow().filter(pc.field("level") > 400))


def test_a_single_node_transform_of_tables_is_tested_with_rows_in_memory():
    assert compute_transform(high_water, {"readings": READINGS}).only.to_pylist() == [{"station": "Thun", "level": 450}]


def test_a_single_node_transform_of_tables_runs_as_a_job(spark):
    [row] = run_transform(high_water, {"readings": READINGS}).only.collect()
    assert row.asDict() == {"station": "Thun", "level": 450}


@pytest.mark.parametrize("compute", [compute_transform, run_transform])
def test_a_spark_transform_may_read_and_write_arrow_rows_by_iceberg(compute, spark):
    [row] = compute(high_water_on_spark, {"readings": READINGS}).only.collect()
    assert row.asDict() == {"station": "Thun", "level": 450}


def test_an_incremental_transform_of_tables_adds_to_earlier_rows(spark):
    earlier = {"readings": READINGS[:1], "high": [{"station": "Thun", "level": 500}]}
    ran = run_transform(growing, {"readings": READINGS[1:]}, previous=earlier)
    assert sorted(row.level for row in ran.only.collect()) == [450, 500]
