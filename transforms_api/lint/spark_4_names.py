"""What Spark 4.2 has in Python and Spark 3.5 lacks: names of public modules, classes, functions and methods."""

FUNCTIONS = frozenset({
    "arrow_udtf", "bitmap_and_agg", "chr", "collate", "collation", "current_path", "current_time", "dayname",
    "from_xml", "is_valid_utf8", "is_valid_variant", "is_variant_null", "kll_merge_agg_bigint",
    "kll_merge_agg_double", "kll_merge_agg_float", "kll_sketch_agg_bigint", "kll_sketch_agg_double",
    "kll_sketch_agg_float", "kll_sketch_get_n_bigint", "kll_sketch_get_n_double", "kll_sketch_get_n_float",
    "kll_sketch_get_quantile_bigint", "kll_sketch_get_quantile_double", "kll_sketch_get_quantile_float",
    "kll_sketch_get_rank_bigint", "kll_sketch_get_rank_double", "kll_sketch_get_rank_float",
    "kll_sketch_merge_bigint", "kll_sketch_merge_double", "kll_sketch_merge_float", "kll_sketch_to_string_bigint",
    "kll_sketch_to_string_double", "kll_sketch_to_string_float", "listagg", "listagg_distinct", "make_time",
    "make_valid_utf8", "monthname", "nullifzero", "parse_json", "quote", "random", "randstr", "schema_of_variant",
    "schema_of_variant_agg", "schema_of_xml", "session_user", "st_asbinary", "st_geogfromwkb", "st_geomfromwkb",
    "st_setsrid", "st_srid", "string_agg", "string_agg_distinct", "theta_difference", "theta_intersection",
    "theta_intersection_agg", "theta_sketch_agg", "theta_sketch_estimate", "theta_union", "theta_union_agg",
    "time_bucket", "time_diff", "time_from_micros", "time_from_millis", "time_from_seconds", "time_to_micros",
    "time_to_millis", "time_to_seconds", "time_trunc", "timestamp_add", "timestamp_diff", "to_time",
    "to_variant_object", "to_xml", "try_make_interval", "try_make_timestamp", "try_make_timestamp_ltz",
    "try_make_timestamp_ntz", "try_mod", "try_parse_json", "try_parse_url", "try_reflect", "try_to_date",
    "try_to_time", "try_url_decode", "try_validate_utf8", "try_variant_get", "tuple_difference_double",
    "tuple_difference_integer", "tuple_difference_theta_double", "tuple_difference_theta_integer",
    "tuple_intersection_agg_double", "tuple_intersection_agg_integer", "tuple_intersection_double",
    "tuple_intersection_integer", "tuple_intersection_theta_double", "tuple_intersection_theta_integer",
    "tuple_sketch_agg_double", "tuple_sketch_agg_integer", "tuple_sketch_estimate_double",
    "tuple_sketch_estimate_integer", "tuple_sketch_summary_double", "tuple_sketch_summary_integer",
    "tuple_sketch_theta_double", "tuple_sketch_theta_integer", "tuple_union_agg_double", "tuple_union_agg_integer",
    "tuple_union_double", "tuple_union_integer", "tuple_union_theta_double", "tuple_union_theta_integer", "uniform",
    "uuid", "validate_utf8", "variant_get", "zeroifnull",
})  # fmt: skip
"""Of `pyspark.sql.functions`."""

OTHERS = frozenset({
    "pyspark.pipelines", "pyspark.sql.Geography", "pyspark.sql.Geometry", "pyspark.sql.VariantVal",
    "pyspark.sql.datasource", "pyspark.sql.plot", "pyspark.sql.tvf", "pyspark.sql.types.Geography",
    "pyspark.sql.types.GeographyType", "pyspark.sql.types.Geometry", "pyspark.sql.types.GeometryType",
    "pyspark.sql.types.TimeType", "pyspark.sql.types.VariantType", "pyspark.sql.types.VariantVal",
})  # fmt: skip
"""Modules and classes, with where they are imported from."""

METHODS = frozenset({
    "applyInArrow", "groupingSets", "lateralJoin", "mergeInto", "metadataColumn", "nearestByJoin", "repartitionById",
    "toArrow", "transformWithState", "transformWithStateInPandas", "try_cast",
})  # fmt: skip
"""Methods whose names nothing else has that a module with Spark would use."""

METHODS_OF_FRAMES = frozenset({"asTable", "exists", "plot", "scalar", "transpose", "zipWithIndex"})
"""Methods of DataFrames, whose names other objects have, too."""
