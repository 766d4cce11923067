"""Probes of aggregates and window functions."""

from pyspark.sql import Window
from pyspark.sql import functions as F

from ..probe import aggregate, column, frame

_NUMERIC = [
    "avg",
    "mean",
    "stddev",
    "std",
    "stddev_samp",
    "stddev_pop",
    "variance",
    "var_samp",
    "var_pop",
    "skewness",
    "kurtosis",
    "sum",
    "max",
    "min",
    "median",
]


def _numeric(name):
    function = getattr(F, name)
    return aggregate(name, lambda: function("i"), lambda: function("x"), lambda: function("l"))


def _of_decimals(name):
    function = getattr(F, name)
    return aggregate(name, lambda: function("p"), lambda: function("q"), case="decimals")


def _regression(name):
    function = getattr(F, name)
    return aggregate(name, lambda: function("y", "i"))


def _window():
    return Window.partitionBy("g").orderBy("k", "id")


def _ties():
    return Window.partitionBy("g").orderBy("k")


PROBES = (
    *map(_numeric, _NUMERIC),
    *map(_of_decimals, _NUMERIC),
    *map(
        _regression,
        [
            "regr_avgx",
            "regr_avgy",
            "regr_count",
            "regr_intercept",
            "regr_r2",
            "regr_slope",
            "regr_sxx",
            "regr_sxy",
            "regr_syy",
        ],
    ),
    aggregate(
        "sum",
        lambda: F.sum(F.lit(None).cast("double")),
        lambda: F.sum(F.when(F.col("b"), 1).otherwise(0)),
        case="constants and conditions",
    ),
    aggregate("sum", lambda: F.sum(F.lit(None)), case="null without a type", edge="a column of nulls without a type"),
    aggregate(
        "max", lambda: F.max("s"), lambda: F.max("day"), lambda: F.max("at"), lambda: F.max("b"), case="texts and dates"
    ),
    aggregate("max", lambda: F.max(F.struct("k", "id")), lambda: F.max("r"), case="structs"),
    aggregate("max", lambda: F.max("z"), case="NaN", edge="NaN"),
    aggregate(
        "min", lambda: F.min("s"), lambda: F.min("day"), lambda: F.min("at"), lambda: F.min("b"), case="texts and dates"
    ),
    aggregate("min", lambda: F.min(F.struct("k", "id")), case="structs", when=r"struct"),
    aggregate("min", lambda: F.min("z"), case="NaN", edge="NaN"),
    aggregate(
        "count",
        lambda: F.count("*"),
        lambda: F.count("i"),
        lambda: F.count(F.lit(1)),
        lambda: F.count(F.when(F.col("b"), 1)),
    ),
    aggregate("countDistinct", lambda: F.countDistinct("k"), lambda: F.countDistinct("i", "b")),
    aggregate("count_distinct", lambda: F.count_distinct("s"), lambda: F.count_distinct("x")),
    aggregate("count_if", lambda: F.count_if(F.col("i") > 1)),
    aggregate("approx_count_distinct", lambda: F.approx_count_distinct("k")),
    aggregate("approx_count_distinct", lambda: F.approx_count_distinct("k", 0.01), case="error", when=r", |rsd"),
    aggregate("approxCountDistinct", lambda: F.approxCountDistinct("k")),
    aggregate("sum_distinct", lambda: F.sum_distinct("k")),
    aggregate("sumDistinct", lambda: F.sumDistinct("k")),
    aggregate("collect_set", lambda: F.sort_array(F.collect_set("s")), lambda: F.sort_array(F.collect_set("k"))),
    aggregate("collect_list", lambda: F.sort_array(F.collect_list("i")), lambda: F.sort_array(F.collect_list("s"))),
    aggregate(
        "collect_list", lambda: F.sort_array(F.collect_list(F.struct("id", "s"))), case="structs", when=r"struct"
    ),
    aggregate("array_agg", lambda: F.sort_array(F.array_agg("i"))),
    aggregate("max_by", lambda: F.max_by("s", "id"), lambda: F.max_by("i", "id")),
    aggregate("min_by", lambda: F.min_by("s", "id"), lambda: F.min_by("i", "id")),
    aggregate(
        "max_by",
        lambda: F.max_by(F.struct("id", "s"), "id"),
        lambda: F.max_by("s", F.struct("k", "id")),
        case="structs",
    ),
    aggregate(
        "max_by",
        lambda: F.max_by("s", "r"),
        case="structs with nulls",
        edge="structs with nulls to order by",
    ),
    aggregate(
        "min_by",
        lambda: F.min_by(F.struct("id", "s"), "id"),
        lambda: F.min_by("s", F.struct("k", "id")),
        case="structs",
    ),
    aggregate("collect_set", lambda: F.sort_array(F.collect_set(F.struct("k", "b"))), case="structs"),
    aggregate(
        "countDistinct", lambda: F.countDistinct("r"), lambda: F.countDistinct(F.struct("k", "b")), case="structs"
    ),
    aggregate(
        "collect_list",
        lambda: F.slice(F.sort_array(F.collect_list(F.struct("id", "s", "x")), asc=False), 1, 2),
        case="the first of sorted structs",
    ),
    aggregate("bool_and", lambda: F.bool_and("b")),
    aggregate("bool_or", lambda: F.bool_or("b")),
    aggregate("every", lambda: F.every("b")),
    aggregate("some", lambda: F.some("b")),
    aggregate("bit_and", lambda: F.bit_and("i")),
    aggregate("bit_or", lambda: F.bit_or("i")),
    aggregate("bit_xor", lambda: F.bit_xor("i")),
    aggregate("corr", lambda: F.corr("y", "i")),
    aggregate("covar_pop", lambda: F.covar_pop("y", "i")),
    aggregate("covar_samp", lambda: F.covar_samp("y", "i")),
    aggregate("mode", lambda: F.mode(F.when(F.col("id") < 100, F.lit("one")))),
    aggregate("product", lambda: F.product("k")),
    aggregate("percentile", lambda: F.percentile("x", 0.5), lambda: F.percentile("i", 0.25)),
    aggregate(
        "percentile",
        lambda: F.percentile("x", F.array(F.lit(0.25), F.lit(0.75))),
        case="several fractions",
        when=r"\[|array",
    ),
    aggregate(
        "percentile",
        lambda: F.percentile("x", 0.5, F.col("k")),
        case="frequency",
        when=r"^[^()]*(\([^()]*(\([^()]*\)[^()]*)*\)[^()]*)*, .*, |frequency",
    ),
    aggregate(
        "percentile_approx",
        lambda: F.percentile_approx("i", 0.5),
        lambda: F.percentile_approx("x", 0.9),
        lambda: F.percentile_approx("k", 0.5, 100),
    ),
    aggregate("approx_percentile", lambda: F.approx_percentile("i", 0.5)),
    aggregate("any_value", lambda: F.any_value(F.lit(1))),
    aggregate("try_sum", lambda: F.try_sum("i"), lambda: F.try_sum("p")),
    aggregate("try_avg", lambda: F.try_avg("i")),
    frame(
        "functions.first",
        lambda r: r.t.coalesce(1).orderBy("id").agg(F.first("i").alias("a"), F.first("s", ignorenulls=True).alias("b")),
    ),
    frame(
        "functions.last",
        lambda r: r.t.coalesce(1).orderBy("id").agg(F.last("i").alias("a"), F.last("s", ignorenulls=True).alias("b")),
    ),
    frame(
        "functions.first",
        lambda r: r.t.groupBy("id").agg(
            F.first(F.when(F.col("k") > 2, F.struct("k", "s")), ignorenulls=True).alias("a"), F.first("r").alias("b")
        ),
        "structs",
    ),
    column("first_value", lambda: F.first_value("i").over(_window())),
    column("last_value", lambda: F.last_value("i").over(_window())),
    column("nth_value", lambda: F.nth_value("i", 2).over(_window())),
    column(
        "first",
        lambda: F.first("i").over(_window()),
        lambda: F.first("i", ignorenulls=True).over(_window()),
        case="window",
    ),
    column("last", lambda: F.last("i").over(_window()), lambda: F.last("i", True).over(_window()), case="window"),
    column("row_number", lambda: F.row_number().over(_window())),
    column("rank", lambda: F.rank().over(_ties())),
    column("dense_rank", lambda: F.dense_rank().over(_ties())),
    column("percent_rank", lambda: F.percent_rank().over(_ties())),
    column("cume_dist", lambda: F.cume_dist().over(_ties())),
    column("ntile", lambda: F.ntile(2).over(_window())),
    column("lag", lambda: F.lag("i").over(_window()), lambda: F.lag("i", 2, -1).over(_window())),
    column("lead", lambda: F.lead("i").over(_window()), lambda: F.lead("s", 1, "end").over(_window())),
    column(
        "Column.over",
        lambda: F.sum("i").over(Window.partitionBy("g")),
        lambda: F.sum("i").over(_ties()),
        lambda: F.avg("x").over(_window()),
        lambda: F.count("*").over(Window.partitionBy("g")),
        lambda: F.max("day").over(_window()),
    ),
    column(
        "Column.over",
        lambda: F.collect_list("k").over(_window()),
        lambda: F.count(F.lit(1)).over(Window.partitionBy()),
        case="lists and one partition",
    ),
    column("Window.partitionBy", lambda: F.max("k").over(Window.partitionBy("g", "b"))),
    column("Window.orderBy", lambda: F.row_number().over(Window.orderBy(F.desc("k"), "id"))),
    column("Window.rowsBetween", lambda: F.sum("k").over(Window.partitionBy("g").orderBy("id").rowsBetween(-1, 1))),
    column("Window.rangeBetween", lambda: F.sum("k").over(Window.partitionBy("g").orderBy("k").rangeBetween(-1, 0))),
    column("WindowSpec.partitionBy", lambda: F.row_number().over(Window.orderBy("id").partitionBy("g"))),
    column(
        "WindowSpec.orderBy",
        lambda: F.row_number().over(Window.partitionBy("g").orderBy(F.col("i").desc_nulls_last(), "id")),
    ),
    column(
        "WindowSpec.rowsBetween",
        lambda: F.sum("i").over(_window().rowsBetween(Window.unboundedPreceding, 0)),
        lambda: F.max("x").over(_window().rowsBetween(-2, -1)),
    ),
    column(
        "WindowSpec.rangeBetween",
        lambda: F.sum("i").over(_ties().rangeBetween(Window.unboundedPreceding, Window.currentRow)),
    ),
    column(
        "Window.unboundedPreceding",
        lambda: F.sum("k").over(_window().rowsBetween(Window.unboundedPreceding, Window.currentRow)),
    ),
    column(
        "Window.unboundedFollowing",
        lambda: F.sum("k").over(_window().rowsBetween(Window.currentRow, Window.unboundedFollowing)),
    ),
    column("Window.currentRow", lambda: F.sum("k").over(_window().rowsBetween(Window.currentRow, 1))),
)
