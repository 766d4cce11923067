"""Probes of methods of Column, DataFrame, GroupedData and SparkSession."""

from pyspark.sql import Window
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from ..probe import column, frame

_CASTS = {
    "texts to numbers": [("ns", "int"), ("ns", "long"), ("ns", "double"), ("ns", "decimal(10,2)")],
    "texts to dates": [("ds", "date"), ("ts", "timestamp")],
    "texts to booleans": [("bs", "boolean")],
    "numbers to texts": [("i", "string"), ("l", "string"), ("p", "string"), ("q", "string"), ("b", "string")],
    "dates to texts": [("day", "string"), ("at", "string")],
    "numbers to numbers": [
        ("x", "int"),
        ("i", "double"),
        ("p", "double"),
        ("p", "int"),
        ("i", "decimal(18,2)"),
        ("x", "decimal(18,2)"),
        ("b", "int"),
        ("i", "boolean"),
        ("q", "decimal(10,2)"),
        ("k", "long"),
    ],
    "numbers that overflow": [("l", "int")],
    "dates to times": [("day", "timestamp"), ("at", "date"), ("at", "long")],
}


_RARE_CASTS = {
    "texts to numbers": "texts that are no number, for which Sail raises an error",
    "texts to dates": "texts with blanks around the date",
    "texts to booleans": "texts that are no boolean, for which Sail raises an error",
    "numbers that overflow": "numbers that the new type cannot hold, for which Sail raises an error",
    "dates to times": "times before 1970 with parts of a second",
}
"""Casts that differ only for some data; the code does not show from which type it casts."""


def _transformed(column_, change):
    """Return `column_.transform(change)`, which PySpark 3 lacks, and for which its users write what it returns."""
    return column_.transform(change) if hasattr(type(column_), "transform") else change(column_)


def _casts(case, pairs):
    edge = _RARE_CASTS.get(case)
    return column(
        "Column.cast",
        *(lambda name=name, kind=kind: F.col(name).cast(kind) for name, kind in pairs),
        case=case,
        edge=edge,
    )


def _same(change):
    return lambda r: change(r.t.select("id", "g", "s", "i", "k", "x", "p", "day", "b"))


PROBES = (
    *(_casts(case, pairs) for case, pairs in _CASTS.items()),
    column(
        "Column.cast",
        *(lambda number=number: F.lit(number).cast("string") for number in (0.001, 9999999.0, 100.0, -0.0, 1 / 3)),
        lambda: (F.col("k") / 3).cast("string"),
        case="doubles from 0.001 to 10 million to texts",
    ),
    column(
        "Column.cast",
        *(lambda name=name: F.col(name).cast("string") for name in ("x", "y", "z")),
        *(lambda number=number: F.lit(number).cast("string") for number in (1e7, 12345678.9, 1e21, 9e-4, 1e-9)),
        case="doubles to texts",
        when=r"string|String",
    ),
    column(
        "Column.cast",
        lambda: F.col("rs").cast("array<struct<a:bigint,b:string>>"),
        case="arrays of structs",
        when=r"array<\s*struct|ArrayType\(.*StructType",
    ),
    column(
        "Column.cast",
        lambda: F.col("n").cast("array<bigint>"),
        lambda: F.col("r").cast("struct<a:bigint,b:string>"),
        case="arrays and structs",
        when=r"array|struct|Array|Struct",
    ),
    column(
        "Column.cast",
        lambda: F.col("n").cast("string"),
        lambda: F.col("r").cast("string"),
        lambda: F.col("m").cast("string"),
        case="arrays, maps and structs to texts",
        edge="texts of arrays, maps and structs",
    ),
    column("Column.astype", lambda: F.col("i").astype("long")),
    column("Column.alias", lambda: F.col("i").alias("j")),
    column("Column.name", lambda: F.col("i").name("j")),
    column("Column.asc", lambda: F.row_number().over(Window.orderBy(F.col("i").asc(), "id"))),
    column("Column.desc", lambda: F.row_number().over(Window.orderBy(F.col("i").desc(), "id"))),
    *(
        column(
            f"Column.{name}", lambda name=name: F.row_number().over(Window.orderBy(getattr(F.col("i"), name)(), "id"))
        )
        for name in ("asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last")
    ),
    *(
        column(name, lambda name=name: F.row_number().over(Window.orderBy(getattr(F, name)("i"), "id")))
        for name in ("asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last")
    ),
    column(
        "Column.between",
        lambda: F.col("i").between(0, 5),
        lambda: F.col("day").between("2024-01-01", "2024-12-31"),
        lambda: F.col("x").between(F.lit(0), F.col("y")),
    ),
    column("Column.bitwiseAND", lambda: F.col("i").bitwiseAND(F.col("k"))),
    column("Column.bitwiseOR", lambda: F.col("i").bitwiseOR(3)),
    column("Column.bitwiseXOR", lambda: F.col("i").bitwiseXOR(3)),
    column(
        "Column.contains",
        lambda: F.col("s").contains("l"),
        lambda: F.col("s").contains("."),
        lambda: F.col("s").contains(F.col("w")),
    ),
    column("Column.startswith", lambda: F.col("s").startswith("H"), lambda: F.col("s").startswith("")),
    column("Column.endswith", lambda: F.col("s").endswith("d")),
    column("Column.like", lambda: F.col("s").like("%l%"), lambda: F.col("s").like("a_b%"), lambda: F.col("s").like("")),
    column("Column.ilike", lambda: F.col("s").ilike("%UPPER%")),
    column("Column.rlike", lambda: F.col("s").rlike("^[a-z]"), lambda: F.col("s").rlike("l{2}")),
    column("Column.rlike", lambda: F.col("s").rlike(r"l(?=o)"), case="look-around", when=r"\(\?<?[=!]"),
    column(
        "Column.rlike",
        lambda: F.col("s").rlike(r"\d"),
        lambda: F.col("s").rlike(r"^\w+$"),
        case="classes",
        when=r"\\[pPdDsSwWbB]",
    ),
    column("Column.substr", lambda: F.col("s").substr(2, 3), lambda: F.col("s").substr(F.lit(1), F.col("k"))),
    column("Column.eqNullSafe", lambda: F.col("i").eqNullSafe(F.col("k")), lambda: F.col("s").eqNullSafe(None)),
    column("Column.isNull", lambda: F.col("s").isNull()),
    column("Column.isNotNull", lambda: F.col("s").isNotNull()),
    column(
        "Column.isin",
        lambda: F.col("i").isin(1, 2),
        lambda: F.col("s").isin(["", "a.b+c"]),
        lambda: F.col("i").isin(F.col("k"), F.lit(7)),
        lambda: F.col("i").isin(1, None),
    ),
    column("Column.isin", lambda: F.col("i").isin([]), case="empty list", when=r"^\[\]$"),
    column("Column.transform", lambda: _transformed(F.col("k"), lambda one: one + 1)),
    column("Column.getItem", lambda: F.col("n").getItem(0), lambda: F.col("m").getItem("a"), lambda: F.col("n")[1]),
    column(
        "Column.getItem",
        lambda: F.col("n")[F.col("k")],
        lambda: F.create_map(F.lit("b"), F.lit(2))[F.col("w")],
        case="a column as key",
        edge="Column[Column]; Sail reports it as an error, and the job runs on Spark",
    ),
    column("Column.getField", lambda: F.col("r").getField("a"), lambda: F.col("r").b, lambda: F.col("r")["b"]),
    column("Column.withField", lambda: F.col("r").withField("c", F.lit(1))),
    column("Column.dropFields", lambda: F.col("r").dropFields("b")),
    frame("DataFrame.agg", lambda r: r.t.agg(F.sum("i").alias("a"), F.max("s").alias("b"))),
    frame("DataFrame.agg", lambda r: r.t.agg({"i": "sum", "k": "max"}), case="dictionary", when=r"^\{"),
    frame(
        "DataFrame.alias",
        lambda r: r.t.alias("p").join(r.u.alias("q"), F.col("p.id") == F.col("q.id")).select("p.id", "q.v"),
    ),
    frame("DataFrame.select", lambda r: r.t.select("id", F.col("s"), r.t.i, r.t["k"], (F.col("i") + 1).alias("j"))),
    frame("DataFrame.select", lambda r: r.t.select("*", F.lit(1).alias("one")), "all columns"),
    frame("DataFrame.select", lambda r: r.t.select("id", "r.*"), "fields of a struct"),
    frame(
        "DataFrame.selectExpr", lambda r: r.t.selectExpr("id", "i * 2 AS j", "upper(s) AS u", "CAST(k AS BIGINT) AS l")
    ),
    frame("DataFrame.withColumn", _same(lambda t: t.withColumn("j", F.col("i") * 2).withColumn("i", F.lit("text")))),
    frame("DataFrame.withColumns", _same(lambda t: t.withColumns({"j": F.col("i") * 2, "q": F.lit(1)}))),
    frame(
        "DataFrame.withColumnRenamed", _same(lambda t: t.withColumnRenamed("s", "text").withColumnRenamed("none", "x"))
    ),
    frame("DataFrame.withColumnsRenamed", _same(lambda t: t.withColumnsRenamed({"s": "text", "i": "number"}))),
    frame("DataFrame.toDF", lambda r: r.t.select("id", "s").toDF("a", "b")),
    frame("DataFrame.drop", _same(lambda t: t.drop("s", "none", "i"))),
    frame("DataFrame.drop", _same(lambda t: t.drop(F.col("s"))), "column", when=r"\.|\[|col\("),
    frame("DataFrame.filter", _same(lambda t: t.filter((F.col("i") > 1) & F.col("b")))),
    frame("DataFrame.filter", _same(lambda t: t.filter("i > 1 AND b")), "text"),
    frame("DataFrame.where", _same(lambda t: t.where(F.col("s") != "").where("x IS NOT NULL"))),
    frame("DataFrame.distinct", lambda r: r.t.select("g").distinct()),
    frame("DataFrame.distinct", lambda r: r.t.select("z").distinct(), "NaN and -0.0", edge="NaN and -0.0"),
    frame("DataFrame.dropDuplicates", lambda r: r.t.select("g", "k").dropDuplicates()),
    frame(
        "DataFrame.dropDuplicates",
        lambda r: r.t.select("g", F.lit(1).alias("c")).dropDuplicates(["g"]),
        "columns",
        when=r"\[",
    ),
    frame("DataFrame.drop_duplicates", lambda r: r.t.select("g").drop_duplicates()),
    frame("DataFrame.orderBy", _same(lambda t: t.orderBy("g", F.desc("k"), "id")), ordered=True),
    frame(
        "DataFrame.orderBy",
        _same(lambda t: t.orderBy(["g", "id"], ascending=[False, True])),
        "ascending",
        True,
        when="ascending",
    ),
    frame("DataFrame.orderBy", _same(lambda t: t.orderBy("r", "id")), "structs", ordered=True),
    frame("DataFrame.sort", _same(lambda t: t.sort(F.col("s").desc(), "id")), ordered=True),
    frame(
        "DataFrame.sortWithinPartitions",
        lambda r: r.t.coalesce(1).select("id", "k").sortWithinPartitions("k", "id"),
        ordered=True,
    ),
    frame("DataFrame.limit", lambda r: r.t.orderBy("id").select("id").limit(3)),
    frame("DataFrame.offset", lambda r: r.t.orderBy("id").select("id").offset(3)),
    *(
        frame("DataFrame.join", lambda r, how=how: r.t.select("id", "s").join(r.u, "id", how).select("id", "v"), how)
        for how in ("inner", "left", "right", "outer", "full")
    ),
    *(
        frame("DataFrame.join", lambda r, how=how: r.t.select("id", "s").join(r.u, "id", how), how)
        for how in ("left_semi", "left_anti")
    ),
    frame("DataFrame.join", lambda r: r.t.select("id", "g", "s").join(r.u, ["id", "g"], "left"), "two keys"),
    frame(
        "DataFrame.join",
        lambda r: r.t.select("id", "s").join(r.u, r.t.id == r.u.id).select(r.t.id, r.u.v),
        "columns of both frames",
    ),
    frame(
        "DataFrame.join",
        lambda r: r.t.select("id", "k").join(
            r.u.select(F.col("id").alias("o"), "v"), (F.col("id") < F.col("o")) & (F.col("k") > 2), "left"
        ),
        "condition",
    ),
    frame(
        "DataFrame.join",
        lambda r: (
            r.t.select("id", "k")
            .join(r.u.withColumnRenamed("id", "o"), F.col("id").eqNullSafe(F.col("o")))
            .select("id", "v")
        ),
        "null-safe",
    ),
    frame("DataFrame.crossJoin", lambda r: r.t.select("id").crossJoin(r.u.select("v"))),
    frame("DataFrame.union", lambda r: r.t.select("id", "g").union(r.u.select("id", "g"))),
    frame("DataFrame.unionAll", lambda r: r.t.select("id").unionAll(r.u.select("id"))),
    frame("DataFrame.union", lambda r: r.t.select("i", "s").union(r.u.select("v", "name")), "types that differ"),
    frame("DataFrame.unionByName", lambda r: r.t.select("g", "id").unionByName(r.u.select("id", "g"))),
    frame(
        "DataFrame.unionByName",
        lambda r: r.t.select("id", "s").unionByName(r.u.select("id", "v"), allowMissingColumns=True),
        "missing columns",
        when="allowMissingColumns",
    ),
    frame(
        "DataFrame.unionByName",
        lambda r: r.u.select("id").unionByName(
            r.t.select("id", "s", "x", "p", "day", "n", "r"), allowMissingColumns=True
        ),
        "missing columns on the left",
        when="allowMissingColumns",
    ),
    frame(
        "DataFrame.unionByName",
        lambda r: r.t.select("id", "s").unionByName(r.u.select("v", "name"), allowMissingColumns=True),
        "missing columns on both sides",
        when="allowMissingColumns",
    ),
    frame("DataFrame.intersect", lambda r: r.t.select("id").intersect(r.u.select("id"))),
    frame("DataFrame.intersectAll", lambda r: r.t.select("g").intersectAll(r.u.select("g"))),
    frame("DataFrame.subtract", lambda r: r.t.select("g").subtract(r.u.select("g"))),
    frame("DataFrame.exceptAll", lambda r: r.t.select("g").exceptAll(r.u.select("g"))),
    frame("DataFrame.groupBy", lambda r: r.t.groupBy("g").agg(F.sum("i").alias("a"))),
    frame(
        "DataFrame.groupBy",
        lambda r: r.t.groupBy("z").agg(F.count("*").alias("a")),
        "NaN and -0.0",
        edge="NaN and -0.0",
    ),
    frame(
        "DataFrame.groupBy",
        lambda r: r.t.groupBy("g", (F.col("k") % 2).alias("odd")).agg(F.count("*").alias("a")),
        "expression",
    ),
    frame("DataFrame.groupby", lambda r: r.t.groupby("g").count()),
    frame("DataFrame.rollup", lambda r: r.t.rollup("g", "k").agg(F.count("*").alias("a"), F.grouping_id().alias("n"))),
    frame("DataFrame.cube", lambda r: r.t.cube("g", "b").agg(F.count("*").alias("a"))),
    frame("functions.grouping", lambda r: r.t.cube("g").agg(F.grouping("g").alias("a"))),
    frame("functions.grouping_id", lambda r: r.t.cube("g").agg(F.grouping_id().alias("a"))),
    frame("GroupedData.agg", lambda r: r.t.groupBy("g").agg({"i": "max", "*": "count"}), "dictionary", when=r"^\{"),
    frame(
        "GroupedData.agg",
        lambda r: r.t.groupBy("g").agg(F.max("i"), F.countDistinct("k"), F.sum(F.col("i") * 2)),
        "names of results",
    ),
    *(
        frame(f"GroupedData.{name}", lambda r, name=name: getattr(r.t.groupBy("g"), name)("i", "x"))
        for name in ("avg", "max", "mean", "min", "sum")
    ),
    frame("GroupedData.count", lambda r: r.t.groupBy("g").count()),
    frame("GroupedData.pivot", lambda r: r.t.groupBy("g").pivot("k", [1, 2, 3]).agg(F.sum("i"))),
    frame("GroupedData.pivot", lambda r: r.t.groupBy("g").pivot("b").sum("i"), "without values", when=r"^[^,]*$"),
    frame("DataFrame.fillna", _same(lambda t: t.fillna(0).fillna("none").fillna({"b": True}))),
    frame("DataFrame.fillna", _same(lambda t: t.fillna("none", subset=["s"])), "subset", when="subset|, "),
    frame("DataFrameNaFunctions.fill", _same(lambda t: t.na.fill(1.5))),
    frame("DataFrame.dropna", _same(lambda t: t.dropna())),
    frame(
        "DataFrame.dropna",
        _same(lambda t: t.dropna(subset=["s", "x"]).dropna(how="all").dropna(thresh=2)),
        "options",
        when="subset|how|thresh",
    ),
    frame("DataFrameNaFunctions.drop", _same(lambda t: t.na.drop(subset=["i"]))),
    frame("DataFrame.replace", _same(lambda t: t.replace("", "empty"))),
    frame(
        "DataFrame.replace", _same(lambda t: t.replace({1: 10, 2: 20}, subset=["i", "k"])), "dictionary", when=r"^\{"
    ),
    frame("DataFrameNaFunctions.replace", _same(lambda t: t.na.replace(2, 20))),
    frame("DataFrame.na", _same(lambda t: t.na.fill("none"))),
    frame("DataFrame.stat", lambda r: r.t.stat.corr("k", "id")),
    frame("DataFrame.corr", lambda r: r.t.corr("k", "id")),
    frame("DataFrame.cov", lambda r: r.t.cov("k", "id")),
    frame("DataFrame.approxQuantile", lambda r: r.t.approxQuantile("k", [0.5], 0.0)),
    frame("DataFrame.crosstab", lambda r: r.t.crosstab("g", "k")),
    frame("DataFrame.freqItems", lambda r: r.t.freqItems(["k"]).select(F.sort_array("k_freqItems"))),
    frame("DataFrame.describe", lambda r: r.t.describe("i", "k")),
    frame("DataFrame.summary", lambda r: r.t.select("k").summary("count", "min", "max")),
    frame("DataFrame.sample", lambda r: r.t.sample(fraction=0.5, seed=7).select("id")),
    frame("DataFrame.randomSplit", lambda r: [part.count() for part in r.t.randomSplit([0.5, 0.5], 7)]),
    frame("DataFrame.sampleBy", lambda r: r.t.sampleBy("k", {1: 1.0, 2: 1.0}, 7).select("id")),
    frame("DataFrame.repartition", lambda r: r.t.repartition(3, "g").select("id")),
    frame("DataFrame.repartitionByRange", lambda r: r.t.repartitionByRange(2, "id").select("id")),
    frame("DataFrame.coalesce", lambda r: r.t.coalesce(1).select("id")),
    frame("DataFrame.hint", lambda r: r.t.join(r.u.hint("broadcast"), "id").select("id", "v")),
    frame("DataFrame.cache", lambda r: r.t.select("id").cache()),
    frame("DataFrame.persist", lambda r: r.t.select("id").persist()),
    frame("DataFrame.unpersist", lambda r: r.t.select("id").unpersist()),
    frame("DataFrame.localCheckpoint", lambda r: r.t.select("id").localCheckpoint()),
    frame("DataFrame.melt", lambda r: r.t.melt(["id"], ["i", "k"], "name", "value")),
    frame("DataFrame.unpivot", lambda r: r.t.unpivot(["id"], ["i", "k"], "name", "value")),
    frame("DataFrame.transform", lambda r: r.t.transform(lambda t: t.select("id"))),
    frame("DataFrame.colRegex", lambda r: r.t.select("id", r.t.colRegex("`^[ik]$`"))),
    frame("DataFrame.count", lambda r: r.t.count()),
    frame(
        "DataFrame.collect",
        lambda r: [tuple(row) for row in r.t.orderBy("id").select("id", "s", "x", "day", "p", "n").collect()],
    ),
    frame("DataFrame.take", lambda r: [tuple(row) for row in r.t.orderBy("id").select("id").take(2)]),
    frame("DataFrame.head", lambda r: tuple(r.t.orderBy("id").select("id", "s").head())),
    frame("DataFrame.first", lambda r: tuple(r.t.orderBy("id").select("id", "s").first())),
    frame("DataFrame.tail", lambda r: [tuple(row) for row in r.t.orderBy("id").select("id").tail(2)]),
    frame("DataFrame.isEmpty", lambda r: (r.t.isEmpty(), r.t.where("id < 0").isEmpty())),
    frame("DataFrame.columns", lambda r: r.t.columns),
    frame("DataFrame.dtypes", lambda r: r.t.dtypes),
    frame("DataFrame.schema", lambda r: r.t.schema.simpleString()),
    frame("DataFrame.printSchema", lambda r: r.t.printSchema()),
    frame("DataFrame.show", lambda r: r.t.select("id").show(1)),
    frame("DataFrame.explain", lambda r: None if r.t.select("id").explain() is None else ""),
    frame("DataFrame.toPandas", lambda r: r.t.orderBy("id").select("id", "s").toPandas().to_dict("list")),
    frame("DataFrame.toLocalIterator", lambda r: [row.id for row in r.t.orderBy("id").toLocalIterator()]),
    frame("DataFrame.toJSON", lambda r: r.t.select("id").orderBy("id").toJSON().collect()),
    frame("DataFrame.rdd", lambda r: r.t.select("id").rdd.count()),
    frame(
        "DataFrame.createOrReplaceTempView", lambda r: (r.u.createOrReplaceTempView("seen"), r.spark.table("seen"))[1]
    ),
    frame("DataFrame.createTempView", lambda r: (r.u.createTempView("created"), r.spark.table("created"))[1]),
    frame("DataFrame.mapInPandas", lambda r: r.t.select("id").mapInPandas(lambda frames: frames, "id int")),
    frame("DataFrame.mapInArrow", lambda r: r.t.select("id").mapInArrow(lambda batches: batches, "id int")),
    frame(
        "GroupedData.applyInPandas",
        lambda r: r.t.select("g", "k").groupBy("g").applyInPandas(lambda rows: rows.head(1)[["g"]], "g string"),
    ),
    frame("DataFrame.to", lambda r: r.t.select("id").to(StructType([StructField("id", IntegerType())]))),
    frame("DataFrame.withMetadata", lambda r: r.t.select("id").withMetadata("id", {"note": "text"})),
    frame("DataFrame.sparkSession", lambda r: r.t.sparkSession.range(2)),
    frame("DataFrame.inputFiles", lambda r: len(r.t.inputFiles())),
    frame("DataFrame.isStreaming", lambda r: r.t.isStreaming),
    frame("SparkSession.createDataFrame", lambda r: r.spark.createDataFrame([(1, "a"), (2, None)], "id INT, s STRING")),
    frame(
        "SparkSession.createDataFrame",
        lambda r: r.spark.createDataFrame(
            [(1, "a")], StructType([StructField("id", IntegerType()), StructField("s", StringType())])
        ),
        "schema",
    ),
    frame(
        "SparkSession.createDataFrame",
        lambda r: r.spark.createDataFrame([], "id INT, s STRING"),
        "no rows",
        when=r"^\[\]",
    ),
    frame("SparkSession.range", lambda r: r.spark.range(2, 5)),
    frame("SparkSession.sql", lambda r: r.spark.sql("SELECT 1 AS a")),
    frame("SparkSession.table", lambda r: (r.u.createOrReplaceTempView("u"), r.spark.table("u"))[1]),
    frame("SparkSession.sparkContext", lambda r: r.spark.sparkContext.defaultParallelism > 0),
    frame("SparkSession.conf", lambda r: r.spark.conf.get("spark.sql.session.timeZone")),
    frame("SparkSession.catalog", lambda r: (r.u.createOrReplaceTempView("u"), r.spark.catalog.tableExists("u"))[1]),
)
