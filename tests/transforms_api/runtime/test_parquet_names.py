import pytest
from pyspark.sql import functions as F

from transforms.verbs.dataframes import sanitize_schema_for_parquet
from transforms_api.errors import VerbError


def renamed(spark, schema):
    """Return the schema of a file that Spark writes with `schema`."""
    return sanitize_schema_for_parquet(spark.createDataFrame([], schema)).schema.simpleString()


def test_each_illegal_character_becomes_an_underscore(spark):
    assert renamed(spark, "`a b,c;d{e}f(g)h\ni\tj=k` int, `ä.ö-ü` int") == "struct<a_b_c_d_e_f_g_h_i_j_k:int,ä.ö-ü:int>"


def test_fields_of_structs_are_renamed_too_also_in_arrays_and_maps(spark):
    schema = "s struct<`a b`: struct<`c d`: int>>, l array<struct<`e f`: int>>, m map<string, struct<`g h`: int>>"
    assert renamed(spark, schema) == (
        "struct<s:struct<a_b:struct<c_d:int>>,l:array<struct<e_f:int>>,m:map<string,struct<g_h:int>>>"
    )


def test_rows_and_descriptions_stay_with_their_columns(spark):
    df = spark.sql("select 1 as `a b`, named_struct('c d', 2) as s")
    clean = sanitize_schema_for_parquet(df.select(df["`a b`"].alias("a b", metadata={"comment": "text"}), "s"))
    assert [row.asDict(recursive=True) for row in clean.collect()] == [{"a_b": 1, "s": {"c_d": 2}}]
    assert clean.schema["a_b"].metadata == {"comment": "text"}


def test_the_result_can_be_written_as_a_dataset_s_parquet(spark, tmp_path):
    clean = sanitize_schema_for_parquet(spark.range(1).select(F.col("id").alias("total (EUR)")))
    clean.write.format("delta").save(str(tmp_path / "table"))
    assert spark.read.format("delta").load(str(tmp_path / "table")).columns == ["total__EUR_"]


@pytest.mark.parametrize("schema", ["`a b` int, a_b int", "s struct<`a b`: int, `a;b`: int>"])
def test_two_names_that_would_become_the_same_are_refused(spark, schema):
    with pytest.raises(VerbError, match=r"'a b' and '(a_b|a;b)' would all become 'a_b'"):
        renamed(spark, schema)
