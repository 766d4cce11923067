"""What changed about each deal between two days, and by how much the open pipeline of each quarter changed.

docs/metrics.md defines each kind under "What moved". Amounts are decimals of two places, so that the opening pipeline
and all changes add up to the closing pipeline to the cent.
"""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..contracts.movement import MOVEMENT_KINDS, PERIODS
from ..contracts.vocabulary import ALL
from .filters import FILTERS, QUARTER_AND_FILTERS, for_each_filter
from .forecast import stage_order

CENTS = "decimal(20,2)"
WEEK_DAYS = 7
DEAL = ("opportunity_name", "account_name", "owner_id", "owner_name", "manager_name", "segment", "region")
"""Columns of a deal that a change has from the later day; if the deal is not there, from the earlier one."""
STATE = ("deal_state", "amount", "stage_name", "close_date", "quarter", "owner_id", "owner_name")
"""Columns of a deal that are compared."""
PERIOD = ("period", "from_date", "to_date")

Part = tuple[str, Column, Column, Column]
"""Kind of change, or 'opening' or 'closing'; whether a deal has it; amount_effect and moved_amount, in CENTS."""


def periods(snapshots: DataFrame) -> DataFrame:
    """Return the periods that end today: period, from_date, to_date; no row without an earlier snapshot.

    Args:
        snapshots: rows of the contract DEAL_SNAPSHOTS.

    Returns:
        'last': since the last snapshot before today. '1w': since the last one that is a week old or older.
    """
    last, week = PERIODS
    day, today = F.col("snapshot_date"), F.col("data_freshness")
    days = snapshots.agg(
        F.max(F.when(day < today, day)).alias(last),
        F.max(F.when(day <= F.date_sub(today, WEEK_DAYS), day)).alias(week),
        F.max("data_freshness").alias("to_date"),
    )
    starts = F.array(*[F.struct(F.lit(name).alias("period"), F.col(name).alias("from_date")) for name in PERIODS])
    return (
        days.select("to_date", F.explode(starts).alias("of"))
        .select("of.period", "of.from_date", "to_date")
        .where(F.col("from_date").isNotNull())
    )


def compared(snapshots: DataFrame) -> DataFrame:
    """Return each deal of the first and the last day of each period, as it was on both.

    Args:
        snapshots: rows of the contract DEAL_SNAPSHOTS.

    Returns:
        One row per period and deal: PERIOD, opportunity_id, DEAL, and structs of STATE `before` and `after`, null if
        the deal is not in the snapshot of that day.
    """
    ends = F.broadcast(periods(snapshots))

    def on(day: str, side: str) -> DataFrame:
        deals = snapshots.join(ends, F.col("snapshot_date") == F.col(day), "inner")
        return deals.select(
            *PERIOD, "opportunity_id", F.struct(*STATE).alias(side), F.struct(*DEAL).alias(f"deal_{side}")
        )

    both = on("from_date", "before").join(on("to_date", "after"), [*PERIOD, "opportunity_id"], "full")
    is_there = F.col("after").isNotNull()
    deal = [
        F.when(is_there, F.col(f"deal_after.{name}")).otherwise(F.col(f"deal_before.{name}")).alias(name)
        for name in DEAL
    ]
    return both.select(*PERIOD, "opportunity_id", *deal, "before", "after")


def cents(amount: Column) -> Column:
    """Return an amount in USD as a decimal with two places, 0 for null: a deal without an amount adds nothing.

    Args:
        amount: USD.
    """
    return F.coalesce(amount.cast(CENTS), F.lit(0).cast(CENTS))


def changes(deals: DataFrame) -> DataFrame:
    """Return what changed about each deal.

    Args:
        deals: rows of `compared`.

    Returns:
        One row per period, deal and kind of change: the columns of `deals`, kind, amount_effect and moved_amount.
    """
    return (
        _with_facts(deals).select("*", F.explode(_present(_kinds())).alias("change")).select(*deals.columns, "change.*")
    )


def _with_facts(deals: DataFrame) -> DataFrame:
    """Return the rows of `compared` with the facts that `_kinds` reads, as columns since it reads each repeatedly."""
    was_there, is_there = F.col("before").isNotNull(), F.col("after").isNotNull()
    state = F.col("after.deal_state")
    never = F.lit(date(9999, 12, 31))
    # a won deal leaves the pipeline with the amount that it was won at, a lost one with the amount that it had
    at_closing = F.when(F.col("is_won"), F.coalesce("after.amount", "before.amount")).otherwise(F.col("before.amount"))
    return deals.select(
        "*",
        (was_there & (F.col("before.deal_state") == "open")).alias("was_open"),
        *[(is_there & (state == name)).alias(f"is_{name}") for name in ("open", "won", "lost")],
        F.coalesce(F.col("after.close_date") > F.col("from_date"), F.lit(False)).alias("closed_since"),
        (F.col("before.quarter") != F.col("after.quarter")).alias("is_of_other_quarter"),
        *[cents(F.col(f"{side}.amount")).alias(f"cents_{side}") for side in ("before", "after")],
        *[F.coalesce(F.col(f"{side}.close_date"), never).alias(f"close_{side}") for side in ("before", "after")],
        *[stage_order(F.col(f"{side}.stage_name")).alias(f"order_{side}") for side in ("before", "after")],
    ).select("*", cents(at_closing).alias("cents_at_closing"))


def _kinds() -> list[Part]:
    """Return the kinds of change that a row of `_with_facts` may have."""
    was_open, is_open, is_won, is_lost = (F.col(name) for name in ("was_open", "is_open", "is_won", "is_lost"))
    came = F.col("before").isNull() & (is_open | F.col("closed_since"))
    before, after, at_closing = (F.col(f"cents_{name}") for name in ("before", "after", "at_closing"))
    difference = F.when(is_open, after).otherwise(at_closing) - before
    compares, stays_open = was_open & (is_open | is_won), was_open & is_open
    moves = stays_open & F.col("is_of_other_quarter")
    old_close, new_close, old_order, new_order = (
        F.col(f"{field}_{side}") for field in ("close", "order") for side in ("before", "after")
    )
    none = F.lit(0).cast(CENTS)  # also subtracted from: Sail computes the unary minus of a decimal as another type
    return [
        ("created", came, after, none),
        ("reopened", F.col("before").isNotNull() & ~was_open & is_open, after, none),
        ("pulled_in", moves & (new_close < old_close), none, before),
        ("pushed_out", moves & (new_close > old_close), none, before),
        ("increased", compares & (difference > 0), difference, none),
        ("decreased", compares & (difference < 0), difference, none),
        ("won", is_won & (was_open | came), none - F.when(was_open, at_closing).otherwise(after), none),
        ("lost", is_lost & (was_open | came), none - F.when(was_open, before).otherwise(after), none),
        ("removed", was_open & F.col("after").isNull(), none - before, none),
        ("stage_regressed", stays_open & (new_order < old_order), none, none),
        ("stage_advanced", stays_open & (new_order > old_order), none, none),
        ("close_date_moved", stays_open & ~moves & (new_close != old_close), none, none),
        ("owner_changed", stays_open & (F.col("before.owner_id") != F.col("after.owner_id")), none, none),
    ]


def _present(parts: Sequence[Part]) -> Column:
    """Return the parts that apply, as an array of structs (kind, amount_effect, moved_amount)."""
    structs = [
        F.when(
            applies,
            F.struct(
                F.lit(kind).alias("kind"),
                effect.cast(CENTS).alias("amount_effect"),
                moved.cast(CENTS).alias("moved_amount"),
            ),
        )
        for kind, applies, effect, moved in parts
    ]
    return F.filter(F.array(*structs), lambda change: change.isNotNull())


def effects(deals: DataFrame, *kept: str) -> DataFrame:
    """Return what each deal adds to the movement of each quarter.

    Args:
        deals: rows of `compared`.
        kept: more columns of these to return.

    Returns:
        One row per effect: PERIOD, quarter, the columns that the filters narrow, name ('opening', 'closing' or a kind
        of change), amount (USD, decimal), count in that quarter and count_of_all in quarter 'All'. A deal that moved
        to another quarter has one row for each of the two.
    """
    kept = (*PERIOD, *FILTERS.values(), *kept)
    parts = _present([*_sides(), *_kinds()])
    named = _with_facts(deals).select("*", F.explode(parts).alias("part")).select("*", "part.*")
    counted = named.where(F.col("kind").isin("opening", "closing", "reopened", *MOVEMENT_KINDS))
    effect = counted.select(*kept, F.explode(_by_quarter()).alias("effect")).select(*kept, "effect.*")
    return effect.select(*kept, "quarter", "name", "amount", F.lit(1).cast("long").alias("count"), "count_of_all")


def _sides() -> list[Part]:
    """Return what a row of `_with_facts` adds to the open pipeline of both days."""
    none = F.lit(0).cast(CENTS)
    return [
        ("opening", F.col("was_open"), F.col("cents_before"), none),
        ("closing", F.col("is_open"), F.col("cents_after"), none),
    ]


def _by_quarter() -> Column:
    """Return the effects of a named change by quarter: an array of (quarter, name, amount, count_of_all)."""
    kind, before, after = F.col("kind"), F.col("before.quarter"), F.col("after.quarter")
    moved = kind.isin("pulled_in", "pushed_out")
    # what a deal does after it left the pipeline belongs to the quarter in which it was open
    leaves = F.col("was_open") & ~F.col("is_open")
    quarter = F.when(kind == "opening", before).when(kind == "closing", after).when(leaves, before).otherwise(after)

    def effect(quarter: Column, amount: Column, count_of_all: int) -> Column:
        return F.struct(
            quarter.alias("quarter"),
            F.when(kind == "reopened", "created").otherwise(kind).alias("name"),
            amount.cast(CENTS).alias("amount"),
            F.lit(count_of_all).cast("long").alias("count_of_all"),
        )

    here = effect(quarter, F.when(moved, F.col("moved_amount")).otherwise(F.col("amount_effect")), 1)
    left = F.when(moved, effect(before, F.lit(0).cast(CENTS) - F.col("moved_amount"), 0))
    return F.filter(F.array(here, left), lambda effect: effect.isNotNull())


def movement(deals: DataFrame) -> DataFrame:
    """Return the movement of each period, quarter and setting of the filters, the fields of PIPELINE_MOVEMENT.

    Args:
        deals: rows of `compared`.
    """
    names = ("opening", *MOVEMENT_KINDS, "closing")
    sums = [F.sum(name).alias(name) for name in ("amount", "count", "count_of_all")]
    by_dimension = effects(deals).groupBy(*PERIOD, *QUARTER_AND_FILTERS.values(), "name").agg(*sums)
    rows = for_each_filter(by_dimension, QUARTER_AND_FILTERS)
    deals_counted = F.when(F.col("quarter") == ALL, F.col("count_of_all")).otherwise(F.col("count"))
    columns = []
    for name in names:
        of_name = F.col("name") == name
        columns += [
            F.coalesce(F.sum(F.when(of_name, deals_counted)), F.lit(0)).alias(f"{name}_count"),
            F.coalesce(F.sum(F.when(of_name, F.col("amount"))), F.lit(0)).alias(f"{name}_amount"),
        ]
    return rows.groupBy(*PERIOD, *QUARTER_AND_FILTERS).agg(*columns)
