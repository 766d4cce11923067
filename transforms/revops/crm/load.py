"""The import as a whole: files of a CRM export in, datasets of /RevOps/Scenario out."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame

from transforms.api import Output

from ..contracts.crm import IMPORT_REJECTS
from ..contracts.scenario import ACCOUNTS, ACTIVITIES, OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS
from .deals import judged_deals
from .lookups import all_accounts, judged_accounts, judged_products, list_prices, listed_accounts
from .mapping import ExportMapping, parse_mapping
from .opportunities import opportunities_of
from .reps import judged_reps, rep_identities, sales_reps_of
from .rows import named_rows, no_rows, rejected, usable


def load(read: Callable[[str], DataFrame], mapping: dict[str, Any]) -> dict[Output, DataFrame]:
    """Return every dataset that an export fills, under the contract that it has to keep, with its rows.

    `read` takes a file's name and returns its rows, every column text, plus `_row_number`. Each row of each file is
    used or becomes a row of import_rejects. Exports record neither activities nor the steps of a deal: both stay empty.
    ValueError where the mapping is wrong or does not fit the files.
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
    rejects = [rejected(judged[section], source, export) for section, source in export.files.items()]
    spark = opportunities.sparkSession
    filled = {
        "opportunities": (OPPORTUNITIES, OPPORTUNITIES.conform(opportunities)),
        "accounts": (ACCOUNTS, ACCOUNTS.conform(all_accounts(accounts, opportunities))),
        "sales_reps": (SALES_REPS, SALES_REPS.conform(sales_reps_of(reps, opportunities, export))),
        "activities": (ACTIVITIES, spark.createDataFrame([], ACTIVITIES.schema)),
        "process_events": (PROCESS_EVENTS, spark.createDataFrame([], PROCESS_EVENTS.schema)),
        "import_rejects": (IMPORT_REJECTS, IMPORT_REJECTS.conform(reduce(DataFrame.unionByName, rejects))),
    }
    return {
        Output(f"/RevOps/Scenario/{name}", checks=contract.checks()): rows for name, (contract, rows) in filled.items()
    }


def _rows_by_section(read: Callable[[str], DataFrame], export: ExportMapping) -> dict[str, DataFrame]:
    rows = {section: named_rows(read(source.name), source) for section, source in export.files.items()}
    spark = rows["opportunities"].sparkSession
    return {section: rows.get(section, no_rows(spark, section)) for section in ("reps", "accounts", "products")} | rows
