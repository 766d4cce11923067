"""Which deals of an export can be used: each read into dates, numbers and stages, and judged. Then as opportunities.

What an export does not record is unknown, never made up.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from ..contracts.vocabulary import (
    CLOSED_LOST,
    CLOSED_WON,
    DEAL_TYPES,
    FORECAST_CATEGORIES,
    LOSS_REASONS,
    SEGMENTS,
    UNKNOWN,
)
from .cells import currency_in, date_of, looked_up, number_of
from .mapping import Deals, ExportMapping
from .rows import Rule, SourceRows, judged, note_lost, repeated, take_rejects

NO_RATE = "no rate"
"""Kind of a lost amount: its currency has no rate."""


def stage_of(rows: pl.LazyFrame, deals: Deals, codes: Mapping[str, str]) -> pl.Expr:
    """Return our stage of a deal, null if the mapping does not know it. The status decides if it is named.

    Args:
        rows: rows with `stage`, and `status` if the export has one.
        deals: the section.
        codes: code → our stage, of the file of stage codes.
    """
    own = {stage.lower() for stage in deals.stages}
    known = {**{code: stage for code, stage in codes.items() if code.lower() not in own}, **deals.stages}
    by_stage = looked_up(pl.col("stage"), known)
    return pl.coalesce(looked_up(pl.col("status"), deals.statuses), by_stage)


def codes_of(rows: SourceRows | None, deals: Deals, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return code → our stage: by the code's name, else by its kind.

    Args:
        rows: the file of stage codes.
        deals: the section of deals, with its stages.
        kinds: kind → our stage.
    """
    if rows is None:
        return {}
    used = rows.frame.select(
        "code", stage=pl.coalesce(looked_up(pl.col("name"), deals.stages), looked_up(pl.col("kind"), kinds))
    ).drop_nulls()
    codes = used.collect()
    rows.used = rows.frame.select(pl.len()).collect().item()
    return dict(zip(codes["code"], codes["stage"], strict=True))


def is_closed(stage: pl.Expr) -> pl.Expr:
    """Return whether a stage is one of the two in which a deal is over.

    Args:
        stage: a column of our stages.
    """
    return stage.is_in([CLOSED_WON, CLOSED_LOST])


def usable_deals(
    rows: SourceRows, reps: pl.DataFrame, mapping: ExportMapping, codes: Mapping[str, str], today: date
) -> pl.DataFrame:
    """Return the deals that can be used, one row each, as read; notes the rejects and the lost values of the file.

    Args:
        rows: the file of deals.
        reps: `rep_key` (id or name, in lower case), `rep_id` and what is known of each rep.
        mapping: the mapping.
        codes: code → our stage.
        today: day of the export.

    Returns:
        The text columns of the file, with `stage_name`, `close`, `opened`, `value` (in the mapping's currency),
        `currency_code`, `own_value` (in that currency) and the columns of `reps`.
    """
    deals = mapping.opportunities
    decimal, thousands = deals.decimal or mapping.decimal, deals.thousands or mapping.thousands
    frame = rows.frame.with_columns(stage_name=stage_of(rows.frame, deals, codes))
    stage = pl.col("stage_name")
    close_text = pl.when(is_closed(stage)).then(pl.coalesce("closed_on", "close_date")).otherwise(pl.col("close_date"))
    amount_text = pl.when(stage == CLOSED_WON).then(pl.coalesce("won_amount", "amount")).otherwise(pl.col("amount"))
    close = pl.when(is_closed(stage) & pl.col("closed_on").is_not_null()).then(
        date_of(pl.col("closed_on"), mapping.formats_of(deals, "closed_on"))
    ).otherwise(date_of(pl.col("close_date"), mapping.formats_of(deals, "close_date")))  # fmt: skip
    codes_of_currency = {**{code: code for code in (*mapping.rates, mapping.currency)}, **mapping.currencies}
    frame = frame.with_columns(
        close_text=close_text,
        amount_text=amount_text,
        close=close,
        opened=date_of(pl.col("opened_on"), mapping.formats_of(deals, "opened_on")),
    ).with_columns(
        own_value=number_of(pl.col("amount_text"), decimal, thousands),
        currency_code=pl.coalesce(
            looked_up(pl.col("currency"), codes_of_currency),
            pl.col("currency").str.to_uppercase(),
            currency_in(pl.col("amount_text"), mapping.currency),
            pl.lit(mapping.currency),
        ),
        rep_key=pl.col("rep").str.to_lowercase(),
    )
    rates = {**mapping.rates, mapping.currency: 1.0}
    rate = pl.col("currency_code").replace_strict(
        list(rates), list(rates.values()), default=None, return_dtype=pl.Float64
    )
    if deals.zero_is_no_amount:
        frame = frame.with_columns(own_value=pl.when(pl.col("own_value") != 0).then(pl.col("own_value")))
    frame = frame.with_columns(value=(pl.col("own_value") * rate).round(6))
    frame = frame.join(reps.lazy(), on="rep_key", how="left", maintain_order="left")
    read = judged(frame, [*_key_rules(rows), *deal_rules(today)]).collect()
    used = take_rejects(rows, read)
    note_lost(rows, used, "opened_on", pl.col("opened"))
    unpriced = used.filter(pl.col("own_value").is_not_null() & pl.col("value").is_null())
    for code, count in unpriced.group_by("currency_code").len().sort("currency_code").iter_rows():
        rows.lost[NO_RATE, f"amount in {code}"] = (count, str(unpriced.filter(currency_code=code)["amount_text"][0]))
    return used


def _key_rules(rows: SourceRows) -> list[Rule]:
    return [(pl.col("id").is_null(), "no_id"), (repeated(rows.frame), "duplicate_id")]


def deal_rules(today: date) -> list[Rule]:
    """Return what forbids to use a deal, besides its key.

    An open deal may lack dates and amount, a lost one the amount; what is known has to be possible and not in the
    future, except for the date on which an open deal is expected to close.

    Args:
        today: day of the export.
    """
    stage, opened, close, value = (pl.col(name) for name in ("stage_name", "opened", "close", "own_value"))
    day = pl.lit(today)
    return [
        (stage.is_null(), "unknown_stage"),
        (pl.col("rep_key").is_not_null() & pl.col("rep_id").is_null(), "unknown_rep"),
        (pl.col("close_text").is_not_null() & close.is_null(), "bad_close_date"),
        (pl.col("amount_text").is_not_null() & value.is_null(), "bad_amount"),
        (value < 0, "negative_amount"),
        (is_closed(stage) & close.is_null(), "closed_without_close_date"),
        ((stage == CLOSED_WON) & value.is_null(), "won_without_amount"),
        (close < opened, "closes_before_opens"),
        (is_closed(stage) & (close > day), "closed_in_future"),
        (opened > day, "in_future"),
    ]


def opportunities_of(
    deals: pl.DataFrame,
    rows: SourceRows,
    mapping: ExportMapping,
    today: date,
    accounts: pl.DataFrame,
    prices: pl.DataFrame,
    beside: pl.DataFrame,
    targets: pl.DataFrame,
) -> pl.DataFrame:
    """Return one opportunity per usable deal, by the contract OPPORTUNITIES.

    Args:
        deals: what `usable_deals` returns, and `chance`, the deal's own probability, 0 to 1.
        rows: the file of deals.
        mapping: the mapping.
        today: day of the export.
        accounts: `account_key` (id or name, in lower case), `account_id`, `account_name`.
        prices: `product` and `list_price`.
        beside: `id` of a deal and what history and contacts say: `entered_on`, `from_stage`, `stakeholder_count`,
            `has_economic_buyer`, `champion_status`, `primary_contact_name`, `primary_contact_role`, `pushes`,
            `pushed_days`, `pushed_on`.
        targets: `quarter` and `target`.
    """
    section = mapping.opportunities
    stage, close = pl.col("stage_name"), pl.col("close")
    closed = is_closed(stage)
    known = (
        deals.with_columns(account_key=pl.col("account").str.to_lowercase())
        .join(accounts, on="account_key", how="left", maintain_order="left")
        .join(prices, on="product", how="left", maintain_order="left")
        .join(beside, on="id", how="left", maintain_order="left")
        .with_columns(
            quarter=pl.format("Q{} {}", close.dt.quarter(), close.dt.year()),
            amount=pl.coalesce("value", pl.when(~closed & pl.col("own_value").is_null()).then(pl.col("list_price"))),
            entered=date_of(pl.col("stage_entered_on"), mapping.formats_of(section, "stage_entered_on")),
            days=number_of(pl.col("days_in_stage"), mapping.decimal, mapping.thousands).cast(pl.Int64, strict=False),
        )
        .join(targets, on="quarter", how="left", maintain_order="left")
    )
    for field, value in (("stage_entered_on", pl.col("entered")), ("days_in_stage", pl.col("days"))):
        note_lost(rows, known, field, value)
    updated = pl.when(closed).then(close).otherwise(pl.lit(today))
    return known.select(
        pl.col("id").alias("opportunity_id"),
        pl.coalesce("name", _described(), "id").alias("opportunity_name"),
        pl.coalesce("account_id", "account", pl.lit(UNKNOWN)).alias("account_id"),
        pl.coalesce("account_name_known", "account", pl.lit(UNKNOWN)).alias("account_name"),
        pl.coalesce("rep_id", pl.lit(UNKNOWN)).alias("owner_id"),
        pl.coalesce("rep_name_known", pl.lit(UNKNOWN)).alias("owner_name"),
        pl.coalesce("manager_name", pl.lit(UNKNOWN)).alias("manager_name"),
        pl.coalesce("region", pl.lit(UNKNOWN)).alias("region"),
        pl.coalesce(_one_of("segment", SEGMENTS), segment_of(pl.col("amount"), mapping)).alias("segment"),
        pl.coalesce(_named("deal_type", section.deal_types, DEAL_TYPES), pl.lit(UNKNOWN)).alias("deal_type"),
        "amount",
        "stage_name",
        _category(section).alias("forecast_category"),
        closed.alias("is_closed"),
        (stage == CLOSED_WON).alias("is_won"),
        pl.col("opened").alias("opened_on"),
        close.alias("close_date"),
        pl.coalesce("quarter", pl.lit(UNKNOWN)).alias("quarter"),
        pl.coalesce("target", pl.lit(0.0)).alias("quarter_target"),
        pl.when(closed).then(pl.col("from_stage")).alias("closed_from_stage"),
        pl.coalesce("entered", pl.lit(today) - pl.duration(days=pl.col("days")), "entered_on")
        .cast(pl.Date)
        .alias("stage_entered_on"),
        "stakeholder_count",
        "has_economic_buyer",
        pl.coalesce("champion_status", pl.lit(UNKNOWN)).alias("champion_status"),
        pl.lit(None, pl.Date).alias("champion_silent_since"),
        pl.coalesce("primary_contact_name", pl.lit(UNKNOWN)).alias("primary_contact_name"),
        pl.coalesce("primary_contact_role", pl.lit(UNKNOWN)).alias("primary_contact_role"),
        pl.coalesce("competitor", pl.lit(UNKNOWN)).alias("competitor"),
        pl.when(stage == CLOSED_LOST).then(
            pl.coalesce(_named("loss_reason", section.loss_reasons, LOSS_REASONS), pl.lit(UNKNOWN))
        ).otherwise(pl.lit("Not Lost")).alias("loss_reason"),
        pl.col("chance").alias("probability"),
        pl.col("pushes").alias("close_date_pushes"),
        pl.col("pushed_days").alias("close_date_pushed_days"),
        pl.col("pushed_on").alias("close_date_pushed_on"),
        pl.coalesce("opened", updated).alias("created_at"),
        updated.alias("updated_at"),
        pl.lit(today).alias("data_freshness"),
    )  # fmt: skip


def segment_of(amount: pl.Expr, mapping: ExportMapping) -> pl.Expr:
    """Return the deal size by amount: 'Enterprise', 'Mid-Market', 'SMB'; 'Unknown' without an amount.

    Args:
        mapping: the mapping of the export.
    """
    sizes = mapping.deal_sizes
    return (
        pl.when(amount > sizes.enterprise_above).then(pl.lit("Enterprise"))
        .when(amount >= sizes.mid_market_from).then(pl.lit("Mid-Market"))
        .when(amount.is_not_null()).then(pl.lit("SMB"))
        .otherwise(pl.lit(UNKNOWN))
    )  # fmt: skip


def probability_of(rows: SourceRows, deals: pl.DataFrame, mapping: ExportMapping) -> pl.Expr:
    """Return the deal's own probability, 0 to 1; percent if any value is above 1 or has a percent sign.

    Args:
        rows: the file of deals.
        deals: its usable rows.
        mapping: the mapping of the export.
    """
    text = pl.col("probability").str.strip_suffix("%").str.strip_chars()
    value = number_of(text, mapping.opportunities.decimal or mapping.decimal, None)
    note_lost(rows, deals, "probability", value)
    is_percent = deals.select((value > 1).any() | pl.col("probability").str.contains("%", literal=True).any()).item()
    chance = value / 100 if is_percent else value
    return pl.when(chance.is_between(0, 1)).then(chance)


def _described() -> pl.Expr:
    text = pl.concat_str(["account_name_known", "product"], separator=" – ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _one_of(field: str, values: tuple[str, ...]) -> pl.Expr:
    return looked_up(pl.col(field), {value: value for value in values})


def _named(field: str, names: Mapping[str, str], values: tuple[str, ...]) -> pl.Expr:
    return looked_up(pl.col(field), {**{value: value for value in values}, **names})


def _category(section: Deals) -> pl.Expr:
    """Return the category: Closed or Omitted of a closed deal, else the deal's own, else that of its stage."""
    stage = pl.col("stage_name")
    usual = {CLOSED_WON: "Closed", CLOSED_LOST: "Omitted", **section.forecast_categories}
    by_stage = pl.coalesce(looked_up(stage, usual), pl.lit("Pipeline"))
    own = _named("forecast_category", section.category_names, FORECAST_CATEGORIES)
    return pl.when(is_closed(stage)).then(by_stage).otherwise(pl.coalesce(own, by_stage))
