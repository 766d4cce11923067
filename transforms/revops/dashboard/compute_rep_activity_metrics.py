"""The Activity Analysis widget: how much every rep does, of what kind, on which days."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.portable import days_between, weekday
from ..common.provenance import computed
from ..common.ratios import ratio
from ..contracts.reps import REP_ACTIVITY_METRICS, WEEKDAYS
from ..contracts.vocabulary import ACTIVITY_TYPES

PERIOD_DAYS = {"30d": 30, "7d": 7, "today": 1}
"""Days in each period, today included."""
LONGEST_PERIOD = max(PERIOD_DAYS.values())
LOW_DAY = 0.7
"""A weekday is low below this fraction of the rep's mean weekday: our rule, the document has none."""


def daily_counts(activities: DataFrame) -> DataFrame:
    """Return one row per `rep_id` and `days_ago` (0 is today) with the day's activities in all and by type.

    All days before the longest period are one row, so that a rep who has been idle since is not forgotten and no rep
    has more than 31 rows. Today is each row's `data_freshness`.

    Args:
        activities: rows of the contract ACTIVITIES.
    """
    days_ago = F.least(days_between("activity_date", "data_freshness"), F.lit(LONGEST_PERIOD))
    return activities.groupBy("rep_id", "data_freshness", days_ago.alias("days_ago")).agg(
        F.count("activity_id").alias("activities"),
        *[F.count(F.when(F.col("activity_type") == kind, 1)).alias(kind) for kind in ACTIVITY_TYPES],
    )


def period_totals(days: DataFrame) -> DataFrame:
    """Return one row per rep and period, from rows of `daily_counts`, with the counts that lie in the period.

    Counts are 0 for a rep who did nothing in the period. 'on_monday' … are activities on all Mondays …,
    'squares' the sum of the squared activities of its working days, from which their deviation is taken.

    Args:
        days: one row per rep and day.
    """
    periods = F.array(*[
        F.struct(F.lit(name).alias("period"), F.lit(length).alias("period_days"))
        for name, length in PERIOD_DAYS.items()
    ])  # fmt: skip
    within = F.col("days_ago") < F.col("period_days")
    day = weekday(F.date_sub("data_freshness", F.col("days_ago")))
    return (
        days.select("*", F.inline(periods))
        .groupBy("rep_id", "data_freshness", "period", "period_days")
        .agg(
            _sum_where(within, F.col("activities")).alias("total_activities"),
            *[_sum_where(within, F.col(kind)).alias(f"{kind}_count") for kind in ACTIVITY_TYPES],
            *[
                _sum_where(within & (day == index), F.col("activities")).alias(f"on_{name.lower()}")
                for index, name in enumerate(WEEKDAYS)
            ],
            _sum_where(within & (day < len(WEEKDAYS)), F.col("activities") * F.col("activities")).alias("squares"),
        )
    )


def _sum_where(condition: Column, value: Column) -> Column:
    return F.sum(F.when(condition, value).otherwise(0))


def working_days(period_days: Column, today: Column) -> Column:
    """Return how many days from Monday to Friday lie in the period that ends today; 1 where today alone is none.

    Args:
        period_days: length of the period in days.
        today: last day of the period.
    """
    return F.greatest(_days_on(range(len(WEEKDAYS)), period_days, today), F.lit(1))


def weekday_means(period_days: Column, today: Column) -> Column:
    """Return an array of Monday … Friday: its `name`, how many `days` of the period it has, and the `mean` of these.

    The mean is activities per Monday …, from the columns 'on_monday' …; 0 where the period has no such day.

    Args:
        period_days: length of the period in days.
        today: last day of the period.
    """
    days = [_days_on(range(index, index + 1), period_days, today) for index in range(len(WEEKDAYS))]
    return F.array(*[
        F.struct(
            F.lit(name).alias("name"),
            days[index].alias("days"),
            ratio(F.col(f"on_{name.lower()}"), days[index]).alias("mean"),
        )
        for index, name in enumerate(WEEKDAYS)
    ])  # fmt: skip


def _days_on(weekdays: range, period_days: Column, today: Column) -> Column:
    days = F.sequence(F.date_sub(today, period_days - 1), today)
    return F.size(F.filter(days, lambda day: weekday(day).isin(*weekdays)))


def low_activity_days(weekdays: Column) -> Column:
    """Return the names, in their order, of the `weekday_means` below `LOW_DAY` of the mean over them.

    A weekday that the period does not have is neither low nor part of the mean. Without activities no day is low.

    Args:
        weekdays: array of `weekday_means`.
    """
    present = F.filter(weekdays, lambda weekday: weekday["days"] > 0)
    total = F.aggregate(present, F.lit(0.0), lambda total, weekday: total + weekday["mean"])
    low = F.filter(present, lambda weekday: weekday["mean"] < LOW_DAY * ratio(total, F.size(present)))
    return F.transform(low, lambda weekday: weekday["name"])


def consistency(total: Column, squares: Column, days: Column) -> Column:
    """Return 0..1 from total and sum of squares of the activities on `days` working days.

    1 less the coefficient of variation (population), at least 0: 1 where every day saw as many, 0 without any.

    Args:
        total: sum of the daily numbers of activities.
        squares: sum of their squares.
    """
    mean = ratio(total, days)
    deviation = F.sqrt(F.greatest(ratio(squares, days) - mean * mean, F.lit(0.0)))
    return F.when(mean > 0, F.greatest(1 - ratio(deviation, mean), F.lit(0.0))).otherwise(0.0)


def rep_metrics(totals: DataFrame) -> DataFrame:
    """Return rows of `period_totals` with everything the contract says about the rep alone.

    Args:
        totals: one row per rep and period.
    """
    period_days, today = F.col("period_days"), F.col("data_freshness")
    on_working_days = sum((F.col(f"on_{name.lower()}") for name in WEEKDAYS), F.lit(0))
    return totals.select(
        "*",
        working_days(period_days, today).alias("working_days"),
        weekday_means(period_days, today).alias("weekdays"),
    ).select(
        "rep_id", "period", "data_freshness", "total_activities", *[f"{kind}_count" for kind in ACTIVITY_TYPES],
        ratio(on_working_days, F.col("working_days")).alias("avg_daily_activities"),
        *[F.col("weekdays")[index]["mean"].alias(f"{name.lower()}_avg") for index, name in enumerate(WEEKDAYS)],
        low_activity_days(F.col("weekdays")).alias("low_activity_days"),
        consistency(on_working_days, F.col("squares"), F.col("working_days")).alias("activity_consistency_score"),
    )  # fmt: skip


def with_team(metrics: DataFrame) -> DataFrame:
    """Return rows of `rep_metrics` with the mean and the highest `avg_daily_activities` of all reps in the period.

    The mean is of decimals: that of doubles depends on the order in which the rows arrive.

    Args:
        metrics: one row per rep and period.
    """
    all_reps = Window.partitionBy("data_freshness", "period")
    daily = F.col("avg_daily_activities").cast("decimal(20,12)")
    return metrics.select(
        "*",
        (F.sum(daily).over(all_reps).cast("double") / F.count(daily).over(all_reps)).alias("team_avg_daily"),
        F.max("avg_daily_activities").over(all_reps).alias("top_performer_daily"),
    )


@transform(
    activities=Input("/RevOps/Scenario/activities"),
    output=Output("/RevOps/Analytics/rep_activity_metrics", checks=REP_ACTIVITY_METRICS.checks()),
)
def compute(ctx, activities, output):
    """Write one row per rep and period; nothing where no activity is recorded."""
    metrics = with_team(rep_metrics(period_totals(daily_counts(activities.dataframe()))))
    output.write_dataframe(REP_ACTIVITY_METRICS.conform(computed(metrics)))
