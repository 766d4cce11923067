"""The reps, accounts and products of an export, from files of their own or out of the deals; and the reps' quotas."""

from datetime import date

import polars as pl

from ..contracts.vocabulary import SEGMENTS, UNKNOWN
from .cells import date_of, number_of, trimmed
from .mapping import ExportMapping
from .rows import Rule, SourceRows, judged, note_lost, recorded_on, repeated, take_rejects


def key_rules(rows: SourceRows, key: tuple[str, ...] = ("id",)) -> list[Rule]:
    """Return the rules that each list keeps: a row has an id, and of several with one id the first is used.

    Args:
        rows: a file with ids.
        key: name of the id's column.
    """
    return [(pl.col(key[0]).is_null(), "no_id"), (repeated(rows.frame, key), "duplicate_id")]


def reps_of(
    rows: SourceRows | None, deals: SourceRows, activities: SourceRows | None, mapping: ExportMapping
) -> pl.DataFrame:
    """Return one row per rep: `rep_id`, `rep_name_known`, `manager_name`, `region`, `rep_segment`, `hired_on`.

    Without a file the reps are those of the deals, also of the rejected ones, or those whom the mapping names; of each
    the first value that is known counts.

    Args:
        rows: the file of reps; None: there is none.
        deals: the file of deals.
        activities: the file of activities; None: there is none.
        mapping: the mapping of the export.
    """
    if rows is not None:
        used = take_rejects(rows, judged(rows.frame, key_rules(rows)).collect())
        formats = mapping.formats_of(rows.source, "hired_on")
        note_lost(rows, used, "hired_on", date_of(pl.col("hired_on"), formats))
        names = dict(zip(used["id"], used.select(pl.coalesce("name", "id")).to_series(), strict=True))
        return used.select(
            pl.col("id").alias("rep_id"),
            pl.coalesce("name", "id").alias("rep_name_known"),
            pl.coalesce(pl.col("manager").replace(names), pl.lit(None, pl.String)).alias("manager"),
            "region",
            "team",
            date_of(pl.col("hired_on"), formats).alias("hired_on"),
        ).pipe(_with_teams)  # fmt: skip
    first = [pl.col(name).drop_nulls().first() for name in ("rep_name", "rep_manager", "rep_region", "rep_team")]
    owners = (
        deals.frame.filter(pl.col("rep").is_not_null())
        .with_columns(key=pl.col("rep").str.to_lowercase())
        .group_by("key", maintain_order=True)
        .agg(pl.col("rep").first(), *first)
    )
    if mapping.reps.names is not None:
        listed = [name.lower() for name in mapping.reps.names]
        owners = owners.filter(pl.col("key").is_in(listed))
    elif mapping.reps.known_from == "activities" and activities is not None and activities.has("rep"):
        active = activities.frame.select(key=pl.col("rep").str.to_lowercase()).drop_nulls().unique()
        owners = owners.join(active, on="key", how="semi", maintain_order="left")
    return owners.select(
        pl.col("rep").alias("rep_id"),
        pl.coalesce("rep_name", "rep").alias("rep_name_known"),
        pl.col("rep_manager").alias("manager"),
        pl.col("rep_region").alias("region"),
        pl.col("rep_team").alias("team"),
        pl.lit(None, pl.Date).alias("hired_on"),
    ).collect().pipe(_with_teams)  # fmt: skip


def _with_teams(reps: pl.DataFrame) -> pl.DataFrame:
    """A team that names a segment is the rep's segment; without a manager the team takes that part."""
    is_segment = pl.col("team").is_in(list(SEGMENTS))
    return reps.select(
        "rep_id",
        "rep_name_known",
        pl.coalesce("manager", pl.when(~is_segment).then(pl.col("team")), pl.lit(UNKNOWN)).alias("manager_name"),
        pl.coalesce("region", pl.lit(UNKNOWN)).alias("region"),
        pl.coalesce(pl.when(is_segment).then(pl.col("team")), pl.lit(UNKNOWN)).alias("rep_segment"),
        "hired_on",
    )


def rep_keys(reps: pl.DataFrame) -> pl.DataFrame:
    """Return the reps by `rep_key`, id or name in lower case; a name that several reps have is no key.

    Args:
        reps: rows of `reps_of`.
    """
    by_id = reps.with_columns(rep_key=pl.col("rep_id").str.to_lowercase())
    by_name = reps.with_columns(rep_key=pl.col("rep_name_known").str.to_lowercase()).filter(
        pl.col("rep_key").is_unique() & ~pl.col("rep_key").is_in(by_id["rep_key"].implode())
    )
    return pl.concat([by_id, by_name]).unique("rep_key", keep="first", maintain_order=True)


def accounts_of(rows: SourceRows | None, deals: SourceRows, mapping: ExportMapping, today: date) -> pl.DataFrame:
    """Return one account per row, by the contract ACCOUNTS: those of their file, and those that deals name.

    Text that is not recorded is 'Unknown', a number that is not recorded or cannot be read is null.

    Args:
        rows: the file of accounts; None: there is none.
        deals: the file of deals.
        mapping: the mapping of the export.
        today: day of the export.
    """
    section = mapping.accounts
    unit = section.annual_revenue_unit if section else 1.0
    names = ("industry", "country", "employee_count", "annual_revenue")
    named = (
        deals.frame.filter(pl.col("account").is_not_null())
        .with_columns(key=pl.col("account").str.to_lowercase())
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("account").first().alias("id"),
            *[pl.col(f"account_{name}").drop_nulls().first().alias(name) for name in ("name", *names)],
        )
        .collect()
    )
    accounts = [_account(named, mapping, deals.source.decimal, 1.0)]
    if rows is not None:
        used = take_rejects(rows, judged(rows.frame, key_rules(rows)).collect())
        for name in ("employee_count", "annual_revenue"):
            note_lost(rows, used, name, number_of(pl.col(name), rows.source.decimal or mapping.decimal, None))
        listed = _account(used, mapping, rows.source.decimal, unit)
        keys = pl.concat([listed["account_id"], listed["account_name"]]).str.to_lowercase()
        accounts = [listed, accounts[0].filter(~pl.col("account_id").str.to_lowercase().is_in(keys.implode()))]
    return pl.concat(accounts).with_columns(recorded_on(today))


def _account(rows: pl.DataFrame, mapping: ExportMapping, decimal: str | None, unit: float) -> pl.DataFrame:
    employees, revenue = (
        number_of(pl.col(name), decimal or mapping.decimal, mapping.thousands)
        for name in ("employee_count", "annual_revenue")
    )
    return rows.select(
        pl.col("id").alias("account_id"),
        pl.coalesce("name", "id").alias("account_name"),
        pl.coalesce("industry", pl.lit(UNKNOWN)).alias("industry"),
        pl.coalesce("country", pl.lit(UNKNOWN)).alias("country"),
        employees.cast(pl.Int64, strict=False).alias("employee_count"),
        (revenue * unit).alias("annual_revenue"),
    )


def account_keys(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return `account_key`, id or name in lower case, with `account_id` and `account_name_known`.

    Args:
        accounts: rows of `accounts_of`.
    """
    both = accounts.select("account_id", account_name_known="account_name")
    by_id = both.with_columns(account_key=pl.col("account_id").str.to_lowercase())
    by_name = both.with_columns(account_key=pl.col("account_name_known").str.to_lowercase()).filter(
        pl.col("account_key").is_unique() & ~pl.col("account_key").is_in(by_id["account_key"].implode())
    )
    return pl.concat([by_id, by_name]).unique("account_key", keep="first", maintain_order=True)


def list_prices(rows: SourceRows | None, mapping: ExportMapping) -> pl.DataFrame:
    """Return one row per product: `product` and `list_price`, 0 or more.

    Args:
        rows: the file of products; None: there is none.
        mapping: the mapping of the export.
    """
    if rows is None:
        return pl.DataFrame(schema={"product": pl.String, "list_price": pl.Float64})
    price = number_of(pl.col("list_price"), rows.source.decimal or mapping.decimal, mapping.thousands)
    read = rows.frame.select("_row", "id", price=price)
    rules = [*key_rules(rows), (pl.col("price").is_null(), "bad_amount"), (pl.col("price") < 0, "negative_amount")]
    used = take_rejects(rows, judged(read, rules).collect())
    return used.select(pl.col("id").alias("product"), pl.col("price").alias("list_price"))


def quotas_of(rows: SourceRows | None, reps: pl.DataFrame, mapping: ExportMapping) -> pl.DataFrame:
    """Return one row per rep and quarter: `rep_id`, `quarter` ('Q4 2024') and `quota`.

    Args:
        rows: the file of quotas; None: there is none.
        reps: rows of `reps_of`.
        mapping: the mapping of the export.
    """
    if rows is None:
        return pl.DataFrame(schema={"rep_id": pl.String, "quarter": pl.String, "quota": pl.Float64})
    text = pl.col("quarter")
    day = date_of(text, mapping.formats_of(rows.source, "quarter"))
    year, number = text.str.extract(r"(\d{4})"), text.str.extract(r"(?i)Q\s*([1-4])")
    written = text.str.contains(r"(?i)^\s*(\d{4}[\s/-]*Q[1-4]|Q[1-4][\s/-]*\d{4})\s*$")
    read = rows.frame.with_columns(
        rep_key=trimmed(pl.col("rep")).str.to_lowercase(),
        named=pl.when(written).then(pl.format("Q{} {}", number, year)).otherwise(
            pl.format("Q{} {}", day.dt.quarter(), day.dt.year())
        ),
        value=number_of(pl.col("quota"), rows.source.decimal or mapping.decimal, mapping.thousands),
    ).join(rep_keys(reps).lazy(), on="rep_key", how="left", maintain_order="left")  # fmt: skip
    rules = [
        (pl.col("rep_id").is_null(), "unknown_rep"),
        (pl.col("named").is_null(), "bad_date"),
        (pl.col("value").is_null(), "bad_amount"),
        (pl.col("value") < 0, "negative_amount"),
        (repeated(read, ("rep_id", "named")), "duplicate_id"),
    ]
    used = take_rejects(rows, judged(read, rules).collect(), "rep")
    return used.select("rep_id", pl.col("named").alias("quarter"), pl.col("value").alias("quota"))


def targets_of(quotas: pl.DataFrame, reps: pl.DataFrame, deals: pl.DataFrame, mapping: ExportMapping) -> pl.DataFrame:
    """Return `quarter` and `target`: the sum of its quotas, or the general quota of every rep if it has none.

    Args:
        quotas: rows of `quotas_of`.
        reps: rows of `reps_of`.
        deals: usable deals.
        mapping: the mapping of the export.
    """
    stated = quotas.group_by("quarter").agg(target=pl.col("quota").sum())
    close = pl.col("close")
    quarters = deals.select(quarter=pl.format("Q{} {}", close.dt.quarter(), close.dt.year())).drop_nulls().unique()
    general = (mapping.quota or 0.0) * reps.height
    return quarters.join(stated, on="quarter", how="left").with_columns(pl.col("target").fill_null(general))


def sales_reps_of(
    reps: pl.DataFrame, opportunities: pl.DataFrame, quotas: pl.DataFrame, mapping: ExportMapping, today: date
) -> pl.DataFrame:
    """Return every rep, with deals or without, by the contract SALES_REPS.

    The prior win rate is null for a rep who closed no deal in the quarter before today's, the prior rank for a rep
    without a quota up to the end of that quarter.

    Args:
        reps: rows of `reps_of`.
        opportunities: rows of the contract OPPORTUNITIES.
        quotas: rows of `quotas_of`.
        mapping: the mapping of the export.
        today: day of the export.
    """
    current = quarter_number(today)
    quarters = [f"Q{number} {today.year}" for number in range(1, current + 1)]
    closed = opportunities.filter("is_closed")
    won = closed.filter("is_won").group_by(rep_id="owner_id", quarter="quarter").agg(won=pl.col("amount").sum())
    before = quarter_before(today)
    prior = closed.filter(quarter=before).group_by(rep_id="owner_id").agg(rate=pl.col("is_won").mean())
    per_quarter = (
        reps.select("rep_id").join(pl.DataFrame({"quarter": quarters, "place": range(len(quarters))}), how="cross")
        .join(quotas, on=["rep_id", "quarter"], how="left").join(won, on=["rep_id", "quarter"], how="left")
        .sort("place").group_by("rep_id", maintain_order=True).agg(quarters=pl.struct(
            "quarter",
            pl.col("quota").fill_null(mapping.quota or 0.0).cast(pl.Float64),
            pl.when(pl.col("quarter") != quarters[-1]).then(pl.col("won").cast(pl.Float64)).fill_null(0.0)
            .alias("closed_amount"),
        ))
    )  # fmt: skip
    ranks = _ranks_at_the_end_of(before, reps, won, quotas, mapping.quota)
    measured = (
        reps.join(per_quarter, on="rep_id", how="left", maintain_order="left")
        .join(prior, on="rep_id", how="left", maintain_order="left")
        .join(ranks, on="rep_id", how="left", maintain_order="left")
    )  # fmt: skip
    return measured.select(
        "rep_id",
        pl.col("rep_name_known").alias("rep_name"),
        "manager_name",
        "region",
        pl.col("rep_segment").alias("segment"),
        "hired_on",
        "quarters",
        pl.col("rate").alias("prior_quarter_win_rate"),
        pl.col("rank").alias("prior_quarter_rank"),
        *recorded_on(today),
    )  # fmt: skip


def _ranks_at_the_end_of(
    quarter: str, reps: pl.DataFrame, won: pl.DataFrame, quotas: pl.DataFrame, general_quota: float | None
) -> pl.DataFrame:
    """Return `rep_id` and `rank` by attainment of the year up to the end of a quarter, as `overall_rank` is today's.

    Args:
        quarter: the quarter, 'Q3 2024'.
        reps: all reps.
        won: `rep_id`, `quarter` and `won` (amount).
        quotas: `rep_id`, `quarter` and `quota`.
        general_quota: quota of a rep in a quarter without one.

    Returns:
        One row per rep with a quota in these quarters; none if the export has nothing that was won in them.
    """
    number, year = int(quarter[1]), quarter[-4:]
    quarters = pl.DataFrame({"quarter": [f"Q{quarter} {year}" for quarter in range(1, number + 1)]})
    if won.join(quarters, on="quarter", how="semi").is_empty():
        return pl.DataFrame(schema={"rep_id": pl.String, "rank": pl.Int64})
    return (
        reps.select("rep_id").join(quarters, how="cross")
        .join(quotas, on=["rep_id", "quarter"], how="left").join(won, on=["rep_id", "quarter"], how="left")
        .group_by("rep_id")
        .agg(pl.col("won").fill_null(0.0).sum(), pl.col("quota").fill_null(general_quota or 0.0).sum())
        .filter(pl.col("quota") > 0)
        .select("rep_id", rank=(pl.col("won") / pl.col("quota")).round(9).rank("min", descending=True).cast(pl.Int64))
    )  # fmt: skip


def quarter_number(day: date) -> int:
    """Return the calendar quarter of a day, 1 to 4.

    Args:
        day: a date.
    """
    return (day.month + 2) // 3


def quarter_before(day: date) -> str:
    """Return the quarter before that of a day: 'Q4 2016' for a day in Q1 2017."""
    number = quarter_number(day)
    return f"Q{number - 1} {day.year}" if number > 1 else f"Q4 {day.year - 1}"
