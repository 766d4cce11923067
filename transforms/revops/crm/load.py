"""Turn the files of a CRM export into the datasets of /RevOps/Scenario."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import Output

from ..contracts.crm import IMPORT_REJECTS, IMPORT_SUMMARY
from ..contracts.movement import EARLIER_DEALS
from ..contracts.scenario import ACCOUNTS, ACTIVITIES, OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS, STAGE_BENCHMARKS
from ..reference.stage_benchmarks import BENCHMARK_DAYS, stage_benchmarks
from .deals import judged_deals
from .lookups import all_accounts, judged_accounts, judged_products, list_prices, listed_accounts
from .mapping import ExportMapping, parse_mapping
from .opportunities import opportunities_of
from .reps import judged_reps, rep_identities, sales_reps_of
from .rows import counted, named_rows, no_rows, recorded_on, rejected, usable

COMMON_FIELD_NAMES = ("created_at", "updated_at", "data_freshness")


def load(read: Callable[[str], DataFrame], mapping: dict[str, Any]) -> dict[Output, DataFrame]:
    """Return every dataset that an export fills, under the contract that it has to keep, with its rows.

    `read` takes a file's name and returns its rows, every column text, plus `_row_number`. Each row of each file is
    used or becomes a row of import_rejects; import_summary counts both. Exports record neither activities nor the steps
    of a deal, nor how the deals stood before: these datasets stay empty. The stage benchmarks are among the datasets if
    the mapping states any.

    Raises:
        ValueError: the mapping is wrong or does not fit the files.
    """
    export = parse_mapping(mapping)
    rows = _rows_by_section(read, export)
    judged = {
        "reps": judged_reps(rows["reps"]),
        "accounts": judged_accounts(rows["accounts"]),
        "products": judged_products(rows["products"]),
    }
    reps = rep_identities(usable(judged["reps"]))
    judged["opportunities"] = judged_deals(rows["opportunities"], reps, export)

    accounts = listed_accounts(usable(judged["accounts"]), export)
    prices = list_prices(usable(judged["products"]))
    opportunities = opportunities_of(usable(judged["opportunities"]), accounts, prices, reps, export)
    counts = [counted(judged[section], source, export) for section, source in export.files.items()]
    rejects = [rejected(judged[section], source, export) for section, source in export.files.items()]
    spark = opportunities.sparkSession
    filled = {
        "opportunities": (OPPORTUNITIES, OPPORTUNITIES.conform(opportunities)),
        "accounts": (ACCOUNTS, ACCOUNTS.conform(all_accounts(accounts, opportunities))),
        "sales_reps": (SALES_REPS, SALES_REPS.conform(sales_reps_of(reps, opportunities, export))),
        "activities": (ACTIVITIES, spark.createDataFrame([], ACTIVITIES.schema)),
        "process_events": (PROCESS_EVENTS, spark.createDataFrame([], PROCESS_EVENTS.schema)),
        "earlier_deals": (EARLIER_DEALS, spark.createDataFrame([], EARLIER_DEALS.schema)),
        "import_rejects": (IMPORT_REJECTS, IMPORT_REJECTS.conform(reduce(DataFrame.unionByName, rejects))),
        "import_summary": (IMPORT_SUMMARY, IMPORT_SUMMARY.conform(reduce(DataFrame.unionByName, counts))),
    }
    datasets = {
        Output(f"/RevOps/Scenario/{name}", checks=contract.checks()): rows for name, (contract, rows) in filled.items()
    }
    if export.stage_benchmarks:
        reference = Output("/RevOps/Reference/stage_benchmarks", checks=STAGE_BENCHMARKS.checks())
        datasets[reference] = STAGE_BENCHMARKS.conform(own_benchmarks(spark, export))
    return datasets


def own_benchmarks(spark: SparkSession, export: ExportMapping) -> DataFrame:
    """Return the stage benchmarks with the days that the mapping states; a stage's activities change in proportion."""
    factors = {stage: days / BENCHMARK_DAYS[stage] for stage, days in export.stage_benchmarks.items()}
    factor = F.coalesce(*[F.when(F.col("stage_name") == stage, F.lit(by)) for stage, by in factors.items()], F.lit(1.0))
    benchmarks = stage_benchmarks(spark)
    unchanged = [name for name in benchmarks.columns if name not in ("benchmark_days", *COMMON_FIELD_NAMES)]
    return benchmarks.select(
        *unchanged, (F.col("benchmark_days") * factor).alias("benchmark_days"), *recorded_on(F.lit(export.today))
    )


def _rows_by_section(read: Callable[[str], DataFrame], export: ExportMapping) -> dict[str, DataFrame]:
    rows = {section: named_rows(read(source.name), source) for section, source in export.files.items()}
    spark = rows["opportunities"].sparkSession
    return {section: rows.get(section, no_rows(spark, section)) for section in ("reps", "accounts", "products")} | rows
