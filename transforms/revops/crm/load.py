"""Turn the files of a CRM export into the datasets of /RevOps/Scenario. Polars alone: no Spark session, no JVM.

It is part of the pipeline, as what the columns of a CRM mean is the pipeline's knowledge. It knows neither the engine
nor the disk: the engine reads the files and writes the datasets. Polars and pydantic exist on Foundry as well.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from transforms.api import Output

from ..common.amounts import sign_of
from ..contracts.contract import Contract
from ..contracts.crm import CONTACTS, IMPORT_DEALS, IMPORT_LOSSES, IMPORT_REJECTS, IMPORT_SIGNALS, IMPORT_SUMMARY
from ..contracts.movement import EARLIER_DEALS
from ..contracts.scenario import (
    ACCOUNTS,
    ACTIVITIES,
    OPPORTUNITIES,
    PROCESS_EVENTS,
    REPORTING_CURRENCY,
    SALES_REPS,
    STAGE_BENCHMARKS,
)
from ..contracts.vocabulary import UNKNOWN
from ..reference.stage_benchmarks import BENCHMARK_DAYS, benchmark_rows
from .deals import codes_of, opportunities_of, probability_of, usable_deals
from .mapping import SECTIONS, ExportMapping
from .mapping_file import parse_mapping
from .people import (
    account_keys,
    accounts_of,
    list_prices,
    quotas_of,
    rep_keys,
    reps_of,
    sales_reps_of,
    targets_of,
)
from .rows import ExportFiles, SourceRows, recorded_on, rejects_of, source_rows
from .signals import signals_of
from .steps import (
    activities_of,
    contacts_by_deal,
    contacts_of,
    last_activities,
    people_of,
    process_events_of,
    stage_visits,
    stages_now,
)

POLARS_TYPES = {"string": pl.String, "double": pl.Float64, "bigint": pl.Int64, "date": pl.Date, "boolean": pl.Boolean}


def load(
    files: ExportFiles, content: Mapping[str, Any], today: date | None = None, text: str = "", name: str = "the mapping"
) -> dict[Output, pl.LazyFrame]:
    """Return every dataset that an export fills, under the contract that it has to keep, with its rows.

    Each row of each file is used, set aside or becomes a row of import_rejects; import_summary counts them.

    Args:
        files: the files of the export.
        content: the mapping, as TOML read it.
        today: day of the export; None: that of the mapping.
        text: the mapping's TOML, to name lines in messages.
        name: the mapping's file name, for messages.

    Raises:
        ValueError: the mapping is wrong or does not fit the files, no deal can be used, or there is no day.
    """
    mapping = parse_mapping(content, text, name)
    day = today or mapping.today
    if day is None:
        raise ValueError(f"{name}: today is missing: state the day on which the export was taken, here or as --today")
    rows = {section: source_rows(files, mapping, section) for section in SECTIONS}
    return _load(rows, mapping, day, earlier_deals_of(files, day))


def _load(
    rows: Mapping[str, SourceRows | None], mapping: ExportMapping, today: date, earlier: pl.DataFrame
) -> dict[Output, pl.LazyFrame]:
    deal_rows = rows["opportunities"]
    assert deal_rows is not None
    kinds = mapping.stage_codes.kinds if mapping.stage_codes else {}
    codes = codes_of(rows["stage_codes"], mapping.opportunities, kinds)
    reps = reps_of(rows["reps"], deal_rows, rows["activities"], mapping)
    keys = rep_keys(reps)
    deals = usable_deals(deal_rows, keys, mapping, codes, today)
    if deals.is_empty():
        raise ValueError(_nothing_used(deal_rows))
    deals = deals.with_columns(chance=probability_of(deal_rows, deals, mapping))
    accounts = accounts_of(rows["accounts"], deal_rows, mapping, today)
    quotas = quotas_of(rows["quotas"], reps, mapping)
    ids = deals.select(opportunity_id="id", owner_id=pl.coalesce("rep_id", pl.lit(UNKNOWN)))
    visits = stage_visits(rows["stage_history"], ids, mapping, codes, today)
    people = people_of(rows["people"])
    contacts = contacts_of(rows["contacts"], ids, people, mapping, today)
    now = stages_now(visits)
    beside = (
        ids.select(id="opportunity_id")
        .join(now, left_on="id", right_on="deal", how="left", maintain_order="left")
        .join(contacts_by_deal(contacts, ids, rows["contacts"]).rename({"deal": "id"}), on="id", how="left")
    )  # fmt: skip
    opportunities = opportunities_of(
        deals, deal_rows, mapping, today, account_keys(accounts), list_prices(rows["products"], mapping), beside,
        targets_of(quotas, reps, deals, mapping),
    )  # fmt: skip
    roles = contacts.select(deal="opportunity_id", contact="contact_name", contact_role="contact_role").unique(
        ["deal", "contact"]
    )
    activities = activities_of(rows["activities"], ids, keys, people, roles, mapping, today)
    if rows["activities"] is None and deal_rows.has("last_activity_on"):
        activities = last_activities(deals, mapping, today)
    known = [source for source in rows.values() if source is not None]
    deals_of_files = {
        "activities": rows["activities"].deals if rows["activities"] is not None else 0,
        "stage_history": visits["deal"].n_unique(),
        "contacts": contacts["opportunity_id"].n_unique(),
    }
    signals = signals_of(opportunities, deal_rows, deals_of_files, today)
    filled: dict[str, tuple[Contract, pl.DataFrame | pl.LazyFrame]] = {
        "opportunities": (OPPORTUNITIES, opportunities),
        "accounts": (ACCOUNTS, accounts),
        "sales_reps": (SALES_REPS, sales_reps_of(reps, opportunities, quotas, mapping, today)),
        "activities": (ACTIVITIES, activities),
        "process_events": (PROCESS_EVENTS, process_events_of(visits, today)),
        "contacts": (CONTACTS, contacts),
        "earlier_deals": (EARLIER_DEALS, earlier),
        "import_deals": (IMPORT_DEALS, _deals_of_the_export(deals, now, mapping, today)),
        "import_rejects": (IMPORT_REJECTS, pl.concat([rejects_of(source, today) for source in known])),
        "import_losses": (IMPORT_LOSSES, pl.concat([_losses_of(source, today) for source in known])),
        "import_signals": (IMPORT_SIGNALS, signals),
        "import_summary": (IMPORT_SUMMARY, pl.concat([_summary_of(source, mapping, today) for source in known])),
    }
    datasets = {
        Output(f"/RevOps/Scenario/{name}", checks=contract.checks()): conform(frame, contract)
        for name, (contract, frame) in filled.items()
    }
    currency = Output("/RevOps/Reference/reporting_currency", checks=REPORTING_CURRENCY.checks())
    datasets[currency] = conform(reporting_currency(deals, mapping, today), REPORTING_CURRENCY)
    if mapping.stage_benchmarks:
        reference = Output("/RevOps/Reference/stage_benchmarks", checks=STAGE_BENCHMARKS.checks())
        datasets[reference] = conform(own_benchmarks(mapping, today), STAGE_BENCHMARKS)
    return datasets


def earlier_deals_of(files: ExportFiles, today: date) -> pl.DataFrame:
    """Return the deals of earlier imports, so that two imports without a build between them show what moved.

    Args:
        files: know what the last import wrote.
        today: day of the export; days from it on are dropped.

    Returns:
        One row per day of an earlier import and deal of that day: the fields of EARLIER_DEALS. No rows without
        an earlier import.
    """
    deals, reps, before = (
        files.last_import(f"/RevOps/Scenario/{name}") for name in ("opportunities", "sales_reps", "earlier_deals")
    )
    days = []
    if deals is not None and reps is not None:
        segments = reps.select(owner_id="rep_id", rep_segment="segment")
        state = pl.when("is_won").then(pl.lit("won")).when("is_closed").then(pl.lit("lost")).otherwise(pl.lit("open"))
        last = deals.join(segments, on="owner_id", how="left").with_columns(
            snapshot_date="data_freshness", deal_state=state, segment=pl.col("rep_segment").fill_null(UNKNOWN)
        )
        days.append(conform(last, EARLIER_DEALS))
    if before is not None:
        days.append(conform(before, EARLIER_DEALS))
    if not days:
        return conform(pl.DataFrame(schema=EARLIER_DEALS.schema.names), EARLIER_DEALS).collect()
    rows = pl.concat(days).filter(pl.col("snapshot_date") < today).unique(EARLIER_DEALS.primary_key, keep="first")
    return rows.with_columns(recorded_on(today)).collect()


def conform(frame: pl.DataFrame | pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """Return the rows with the contract's columns alone, in their order and of their types.

    Args:
        frame: rows with at least these columns.
        contract: the dataset's contract.
    """
    types = {field.name: POLARS_TYPES.get(field.dataType.simpleString()) for field in contract.schema.fields}
    return frame.lazy().select(
        pl.col(name) if kind is None else pl.col(name).cast(kind) for name, kind in types.items()
    )  # fmt: skip


def reporting_currency(deals: pl.DataFrame, mapping: ExportMapping, today: date) -> pl.DataFrame:
    """Return the mapping's currency, and the other currencies of the deals' amounts, with a rate and without one.

    Args:
        deals: the rows of `usable_deals`.
        mapping: states the currency and the rates.
        today: day of the export.
    """
    priced = deals.filter(pl.col("own_value").is_not_null(), pl.col("currency_code") != mapping.currency)
    others = sorted(priced["currency_code"].unique())
    rated = [code for code in others if code in mapping.rates]
    codes = pl.List(pl.String)
    return pl.DataFrame({
        "currency": [mapping.currency], "currency_sign": [sign_of(mapping.currency)],
        "converted_from": pl.Series([rated], dtype=codes),
        "without_rate": pl.Series([[code for code in others if code not in rated]], dtype=codes),
    }).with_columns(recorded_on(today))  # fmt: skip


def own_benchmarks(mapping: ExportMapping, today: date) -> pl.DataFrame:
    """Return the stage benchmarks with the days that the mapping states; a stage's activities change in proportion.

    Args:
        mapping: the mapping of the export.
        today: day of the export.
    """
    factors = {stage: days / BENCHMARK_DAYS[stage] for stage, days in mapping.stage_benchmarks.items()}
    names = ("level", "name", "sort_order", "stage_name", "benchmark_days", "win_probability")
    factor = pl.col("stage_name").replace_strict(list(factors), list(factors.values()), default=1.0)
    rows = pl.DataFrame(benchmark_rows(), schema=names, orient="row")
    return rows.with_columns(pl.col("benchmark_days") * factor, *recorded_on(today))


def _deals_of_the_export(deals: pl.DataFrame, now: pl.DataFrame, mapping: ExportMapping, today: date) -> pl.DataFrame:
    return deals.join(now.select("pushes", id="deal"), on="id", how="left", maintain_order="left").select(
        pl.col("id").alias("opportunity_id"),
        pl.coalesce("stage", pl.lit(UNKNOWN)).alias("source_stage"),
        pl.coalesce("status", pl.lit(UNKNOWN)).alias("source_status"),
        pl.coalesce("loss_reason", pl.lit(UNKNOWN)).alias("source_loss_reason"),
        pl.coalesce("forecast_category", pl.lit(UNKNOWN)).alias("source_forecast_category"),
        pl.col("currency_code").alias("source_currency"),
        pl.col("own_value").alias("source_amount"),
        pl.lit(mapping.currency).alias("currency"),
        pl.col("chance").alias("probability"),
        pl.col("pushes").alias("close_date_pushes"),
        *recorded_on(today),
    )  # fmt: skip


def _losses_of(rows: SourceRows, today: date) -> pl.DataFrame:
    losses = [(rows.name, field, kind, count, example) for (kind, field), (count, example) in rows.lost.items()]
    names = {
        "source_file": pl.String,
        "field": pl.String,
        "reason_kind": pl.String,
        "value_count": pl.Int64,
        "example": pl.String,
    }
    return pl.DataFrame(losses, schema=names, orient="row").with_columns(recorded_on(today))


def _summary_of(rows: SourceRows, mapping: ExportMapping, today: date) -> pl.DataFrame:
    rejected = sum(rejects.height for rejects in rows.rejects)
    return pl.DataFrame({
        "source_file": [rows.name], "rows_read": [rows.used + rejected + rows.aside], "rows_used": [rows.used],
        "rows_rejected": [rejected], "rows_set_aside": [rows.aside], "lines_ignored": [len(rows.table.not_rows)],
        "currency": [mapping.currency],
    }).with_columns(recorded_on(today))  # fmt: skip


def _nothing_used(rows: SourceRows) -> str:
    """Return the message of an import that accepts nothing: how many rows were rejected for which reason."""
    kinds = (
        pl.concat(rows.rejects)["kind"].value_counts(sort=True)
        if rows.rejects
        else pl.DataFrame({"kind": [], "count": []})
    )
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds.iter_rows())
    return f"{rows.name}: no deal can be used, so nothing is imported. Rejected: {counted or 'the file has no rows'}."
