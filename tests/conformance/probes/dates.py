"""Probes of functions of dates and times."""

from datetime import date, datetime

from pyspark.sql import functions as F

from ..probe import column

_PARTS = ["day", "dayofmonth", "dayofweek", "dayofyear", "month", "quarter", "weekday", "weekofyear", "year"]


def _part(name: str):
    function = getattr(F, name)
    return column(name, lambda: function("day"), lambda: function("at"))


PROBES = (
    *map(_part, _PARTS),
    *(column(name, lambda name=name: getattr(F, name)("at")) for name in ("hour", "minute", "second")),
    column(
        "add_months", lambda: F.add_months("day", 1), lambda: F.add_months("day", -12), lambda: F.add_months("day", "k")
    ),
    column("date_add", lambda: F.date_add("day", 1), lambda: F.date_add("day", "i"), lambda: F.date_add("at", 1)),
    column("dateadd", lambda: F.dateadd("day", 1)),
    column("date_sub", lambda: F.date_sub("day", 1), lambda: F.date_sub("day", "k")),
    column(
        "datediff",
        lambda: F.datediff("day", "due"),
        lambda: F.datediff("at", "day"),
        lambda: F.datediff("due", F.lit("2024-01-01")),
    ),
    column("date_diff", lambda: F.date_diff("day", "due")),
    column(
        "months_between",
        lambda: F.months_between("day", "due"),
        lambda: F.months_between("at", "day"),
        lambda: F.months_between("day", "due", False),
    ),
    column("last_day", lambda: F.last_day("day"), lambda: F.last_day("at")),
    column("next_day", lambda: F.next_day("day", "Mon"), lambda: F.next_day("day", "Sunday")),
    column(
        "trunc",
        lambda: F.trunc("day", "month"),
        lambda: F.trunc("day", "year"),
        lambda: F.trunc("day", "quarter"),
        lambda: F.trunc("day", "week"),
    ),
    column(
        "date_trunc",
        lambda: F.date_trunc("month", "at"),
        lambda: F.date_trunc("week", "at"),
        lambda: F.date_trunc("hour", "at"),
        lambda: F.date_trunc("day", "day"),
        lambda: F.date_trunc("quarter", "at"),
    ),
    column(
        "date_format",
        lambda: F.date_format("day", "yyyy-MM-dd"),
        lambda: F.date_format("at", "yyyy-MM-dd HH:mm:ss"),
        lambda: F.date_format("day", "MMM yyyy"),
        lambda: F.date_format("at", "dd/MM/yy"),
        lambda: F.date_format("day", "yyyyMM"),
    ),
    column(
        "date_format",
        lambda: F.date_format("day", "EEEE"),
        lambda: F.date_format("day", "E"),
        case="E: name of the weekday",
        when=r"'[^']*E[^']*'",
    ),
    column(
        "date_format",
        lambda: F.date_format("day", "Q"),
        lambda: F.date_format("day", "QQQ"),
        case="Q: quarter",
        when=r"'[^']*[Qq][^']*'",
    ),
    column(
        "date_format",
        lambda: F.date_format("day", "D"),
        lambda: F.date_format("at", "hh:mm a"),
        lambda: F.date_format("at", "SSS"),
        lambda: F.date_format("day", "d.M.y"),
        lambda: F.date_format("at", "yyyy-MM-dd'T'HH:mm:ss'Z'"),
        case="D, a, h, S, single letters and quoted text",
        when=r"'[^']*([DahSFGLzZXxVOkKn]|(?<![dMyHms])[dMyHms](?![dMyHms]))[^']*'|''",
    ),
    column("to_date", lambda: F.to_date("ds"), lambda: F.to_date("at")),
    column(
        "to_date",
        lambda: F.to_date("ds", "yyyy-MM-dd"),
        lambda: F.to_date("ds", "dd.MM.yyyy"),
        lambda: F.to_date("ds", "yyyyMMdd"),
        case="format",
        when=r", (format=)?'",
        edge=None,
    ),
    column("to_timestamp", lambda: F.to_timestamp("ts")),
    column(
        "to_timestamp",
        lambda: F.to_timestamp("ts", "yyyy-MM-dd HH:mm:ss"),
        lambda: F.to_timestamp("ds", "dd.MM.yyyy"),
        case="format",
        when=r", (format=)?'",
    ),
    column("try_to_timestamp", lambda: F.try_to_timestamp("ts")),
    column("to_timestamp_ltz", lambda: F.to_timestamp_ltz("ts")),
    column("to_timestamp_ntz", lambda: F.to_timestamp_ntz("ts")),
    column(
        "unix_timestamp",
        lambda: F.unix_timestamp("at"),
        lambda: F.unix_timestamp("day"),
        lambda: F.unix_timestamp("ts"),
    ),
    column("unix_timestamp", lambda: F.unix_timestamp("ds", "yyyy-MM-dd"), case="format", when=r", (format=)?'"),
    column("to_unix_timestamp", lambda: F.to_unix_timestamp("at")),
    column(
        "from_unixtime",
        lambda: F.from_unixtime("k", "yyyy-MM-dd HH:mm"),
        lambda: F.from_unixtime("k"),
    ),
    column(
        "from_unixtime",
        lambda: F.from_unixtime("l").substr(1, 10),
        case="numbers that are no time",
        edge="seconds beyond the years of a time, for which Sail raises an error",
    ),
    column(
        "timestamp_seconds",
        lambda: F.timestamp_seconds("k"),
        lambda: F.timestamp_seconds("i"),
        lambda: F.timestamp_seconds("x"),
    ),
    column("timestamp_millis", lambda: F.timestamp_millis("i")),
    column("timestamp_micros", lambda: F.timestamp_micros("i")),
    column("unix_date", lambda: F.unix_date("day")),
    column("unix_seconds", lambda: F.unix_seconds("at")),
    column("unix_millis", lambda: F.unix_millis("at")),
    column("unix_micros", lambda: F.unix_micros("at")),
    column("date_from_unix_date", lambda: F.date_from_unix_date("i")),
    column(
        "make_date",
        lambda: F.make_date(F.lit(2024), "k", F.lit(29)),
        lambda: F.make_date(F.year("day"), F.month("day"), F.lit(1)),
    ),
    column(
        "make_date",
        lambda: F.make_date(F.lit(2023), F.lit(2), F.lit(29)),
        case="days that do not exist",
        edge="days that do not exist, for which Sail raises an error",
    ),
    column("make_timestamp", lambda: F.make_timestamp(F.lit(2024), "k", F.lit(1), F.lit(2), F.lit(3), F.lit(4.5))),
    column(
        "make_timestamp_ntz",
        lambda: F.make_timestamp_ntz(F.lit(2024), F.col("k"), F.lit(1), F.lit(2), F.lit(3), F.lit(4.5)),
    ),
    column(
        "make_timestamp_ltz",
        lambda: F.make_timestamp_ltz(F.lit(2024), F.col("k"), F.lit(1), F.lit(2), F.lit(3), F.lit(4.5)),
    ),
    column("make_dt_interval", lambda: F.col("at") + F.make_dt_interval("k")),
    column("make_ym_interval", lambda: F.col("day") + F.make_ym_interval("k")),
    column("make_interval", lambda: F.col("day") + F.make_interval(F.lit(0), F.lit(1))),
    column(
        "from_utc_timestamp",
        lambda: F.from_utc_timestamp("at", "America/New_York"),
        lambda: F.from_utc_timestamp("at", "Europe/Berlin"),
    ),
    column(
        "to_utc_timestamp",
        lambda: F.to_utc_timestamp("at", "America/New_York"),
        lambda: F.to_utc_timestamp("at", "+02:00"),
    ),
    column(
        "convert_timezone", lambda: F.convert_timezone(F.lit("UTC"), F.lit("Europe/Berlin"), F.to_timestamp_ntz("ts"))
    ),
    column("date_part", lambda: F.date_part(F.lit("YEAR"), "day"), lambda: F.date_part(F.lit("month"), "at")),
    column("datepart", lambda: F.datepart(F.lit("DAY"), "day")),
    column("extract", lambda: F.extract(F.lit("YEAR"), "day"), lambda: F.extract(F.lit("QUARTER"), "day")),
    column("current_date", lambda: F.current_date() == F.to_date(F.current_timestamp())),
    column("current_timestamp", lambda: F.current_timestamp() > F.lit(datetime(2020, 1, 1))),
    column("curdate", lambda: F.curdate() == F.current_date()),
    column("now", lambda: F.now() > F.lit(datetime(2020, 1, 1))),
    column("localtimestamp", lambda: F.localtimestamp() > F.to_timestamp_ntz(F.lit("2020-01-01 00:00:00"))),
    column("current_timezone", lambda: F.current_timezone()),
    column("window", lambda: F.window("at", "1 hour")),
    column(
        "lit",
        lambda: F.lit(1),
        lambda: F.lit(1.5),
        lambda: F.lit("x"),
        lambda: F.lit(True),
        lambda: F.lit(date(1969, 2, 3)),
        lambda: F.lit(2**40),
    ),
    column("lit", lambda: F.lit(datetime(2024, 2, 29, 1, 2, 3)), case="datetime"),
    column("lit", lambda: F.lit(["a", "b"]), case="list", when=r"^\["),
    column("lit", lambda: F.lit(None).cast("string"), lambda: F.lit(None).cast("double"), case="null with a cast"),
    column(
        "lit", lambda: F.lit(None), case="null without a type", edge="a null column without a type; outputs refuse it"
    ),
    column(
        "expr",
        lambda: F.expr("i + 1"),
        lambda: F.expr("CASE WHEN b THEN 'y' ELSE s END"),
        lambda: F.expr("upper(s)"),
        lambda: F.expr("day + INTERVAL 1 DAY"),
        lambda: F.expr("x BETWEEN 0 AND 2"),
    ),
    column(
        "sql.INTERVAL",
        lambda: F.expr("at + INTERVAL 2 HOURS"),
        lambda: F.expr("day - INTERVAL 1 MONTH"),
        lambda: F.expr("at - INTERVAL '1 02:03:04' DAY TO SECOND"),
    ),
    column(
        "Column.-",
        lambda: F.col("day") - F.col("due") > F.expr("INTERVAL 0 DAYS"),
        case="dates",
        edge="a difference of dates, which is an interval",
    ),
)
