"""Which deals of an export can be used: every deal read into dates, numbers and stages, and judged."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON
from .cells import date_of, looked_up, means_nothing, number_of
from .mapping import ExportMapping
from .rows import Rule, judged, key_rules


def judged_deals(rows: DataFrame, reps: DataFrame, export: ExportMapping) -> DataFrame:
    """Return the deals as read, with what is known of their rep (columns of `reps`) and their `reason`."""
    deals = rows.select(
        "row_number",
        "row",
        "text",
        looked_up(F.col("text.stage"), export.stages).alias("stage_name"),
        date_of(F.col("text.opened_on"), export.date_format).alias("opened_on"),
        date_of(F.col("text.close_date"), export.date_format).alias("close_date"),
        number_of(F.col("text.amount")).alias("amount"),
    )
    with_reps = deals.join(F.broadcast(reps), F.col("text.rep") == F.col("rep_id"), "left")
    return judged(with_reps, [*key_rules(), *deal_rules(F.lit(export.today))])


def is_closed(stage_name: Column) -> Column:
    """Return whether a stage is one of the two in which a deal is over."""
    return stage_name.isin(CLOSED_WON, CLOSED_LOST)


def deal_rules(today: Column) -> list[Rule]:
    """Return what forbids to use a deal, besides its key.

    An open deal may lack dates and amount, a lost one the amount; what is there has to be readable, possible and not in
    the future, except for the date on which an open deal is expected to close.
    """
    stage, opened_on, close_date, amount = (F.col(n) for n in ("stage_name", "opened_on", "close_date", "amount"))
    return [
        (stage.isNull(), "its stage is not in the mapping"),
        (F.col("rep_id").isNull(), "its rep is not in the reps file"),
        (means_nothing(F.col("text.opened_on"), opened_on), "its opening date is no date"),
        (means_nothing(F.col("text.close_date"), close_date), "its close date is no date"),
        (means_nothing(F.col("text.amount"), amount), "its amount is no number"),
        (amount < 0, "its amount is negative"),
        (is_closed(stage) & close_date.isNull(), "it is closed but has no close date"),
        ((stage == CLOSED_WON) & amount.isNull(), "it is won but has no amount"),
        (close_date < opened_on, "it closes before it opens"),
        (is_closed(stage) & (close_date > today), "it is closed but its close date is in the future"),
        (opened_on > today, "its opening date is in the future"),
    ]
