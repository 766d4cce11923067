"""The mapping that describes an export, checked: which files it has, what its columns and values are called.

The commented example of a mapping is conf/import/maven_crm.toml.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from ..contracts.vocabulary import FORECAST_CATEGORIES, OPEN_STAGES, STAGES
from .cells import DATE_FORMATS

NEEDED_FIELDS = {
    "opportunities": ("id", "rep", "stage", "close_date", "amount"),
    "reps": ("id",),
    "accounts": ("id",),
    "products": ("id", "list_price"),
}
"""Section of the mapping → fields that a file has to have a column for."""
OPTIONAL_FIELDS = {
    "opportunities": ("name", "account", "product", "opened_on"),
    "reps": ("name", "manager", "region"),
    "accounts": ("name", "industry", "country", "employee_count", "annual_revenue"),
    "products": (),
}
"""Section of the mapping → fields that are unknown where the file has no column for them."""
OPTIONAL_SECTIONS = ("accounts", "products")
TOP_KEYS = ("loader", "today", "date_format", "quota", "deal_sizes", "stage_benchmarks")
"""Keys of a mapping besides its sections."""
OWN_KEYS = {"opportunities": ("stages", "forecast_categories"), "accounts": ("annual_revenue_unit",)}
"""Keys that a section has besides `file`, `columns` and `corrections`."""


@dataclass(frozen=True)
class SourceFile:
    """One file of an export."""

    section: str
    """Section of the mapping that describes it."""
    name: str
    """File name in the export's folder."""
    columns: dict[str, str]
    """Field of ours → column of the file."""
    corrections: dict[str, dict[str, str]]
    """Field of ours → misspelt value → the right one."""


@dataclass(frozen=True)
class DealSizes:
    """Amounts in USD that separate the deal sizes: SMB below `mid_market_from`, Enterprise above `enterprise_above`."""

    mid_market_from: float = 100_000
    enterprise_above: float = 500_000


@dataclass(frozen=True)
class ExportMapping:
    """A whole export."""

    today: date
    """Day on which the export was taken."""
    date_format: str
    """One of `DATE_FORMATS`."""
    quota: float
    """USD that every rep has to win in a quarter."""
    annual_revenue_unit: float
    """USD that 1 in the accounts' column of annual revenue stands for."""
    stages: dict[str, str]
    """Stage of the export → one of `STAGES`."""
    forecast_categories: dict[str, str]
    """One of our stages → one of `FORECAST_CATEGORIES`."""
    deal_sizes: DealSizes
    """Limits of the deal sizes."""
    stage_benchmarks: dict[str, float]
    """One of `OPEN_STAGES` → days that it should take; empty: the pipeline's own benchmarks."""
    files: dict[str, SourceFile]
    """Section → its file, for the sections that the mapping has."""


def parse_mapping(mapping: dict[str, Any]) -> ExportMapping:
    """Return the mapping read from TOML, checked; ValueError says which key is wrong and what to do about it."""
    _refuse_others("", mapping, (*TOP_KEYS, *NEEDED_FIELDS))
    sections = [name for name in NEEDED_FIELDS if name in mapping or name not in OPTIONAL_SECTIONS]
    files = {section: _source_file(section, _table(mapping, section)) for section in sections}
    if "products" in files and "product" not in files["opportunities"].columns:
        raise ValueError("opportunities.columns.product is missing: [products] is of use only with it")
    deals = mapping["opportunities"]
    stages = _names(deals, "opportunities.stages", STAGES)
    return ExportMapping(
        today=_day(mapping),
        date_format=_one_of("date_format", _needed(mapping, "date_format", "say how dates are written"), DATE_FORMATS),
        quota=_amount(_needed(mapping, "quota", "state USD per rep and quarter"), "quota"),
        annual_revenue_unit=_amount(
            mapping.get("accounts", {}).get("annual_revenue_unit", 1), "accounts.annual_revenue_unit"
        ),
        stages=stages,
        forecast_categories=_categories(deals, stages),
        deal_sizes=_deal_sizes(mapping.get("deal_sizes", {})),
        stage_benchmarks=_stage_benchmarks(mapping.get("stage_benchmarks", {})),
        files=files,
    )


def _source_file(section: str, table: dict[str, Any]) -> SourceFile:
    _refuse_others(f"{section}.", table, ("file", "columns", "corrections", *OWN_KEYS.get(section, ())))
    name = _needed(table, f"{section}.file", "name the file in the export's folder")
    columns = _texts(table, f"{section}.columns")
    _refuse_others(f"{section}.columns.", columns, (*NEEDED_FIELDS[section], *OPTIONAL_FIELDS[section]))
    for field in NEEDED_FIELDS[section]:
        _needed(columns, f"{section}.columns.{field}", f"name the column of {name} that holds it")
    corrections = table.get("corrections", {})
    _refuse_others(f"{section}.corrections.", corrections, tuple(columns))
    return SourceFile(
        section, name, columns, {field: _texts(corrections, f"{section}.corrections.{field}") for field in corrections}
    )


def _categories(deals: dict[str, Any], stages: dict[str, str]) -> dict[str, str]:
    categories = _names(deals, "opportunities.forecast_categories", FORECAST_CATEGORIES)
    for stage in stages.values():
        _needed(categories, f"opportunities.forecast_categories.{stage}", "say which forecast category it counts in")
    return categories


def _deal_sizes(table: Any) -> DealSizes:
    limits = _amounts(table, "deal_sizes", ("mid_market_from", "enterprise_above"))
    sizes = DealSizes(**limits)
    if sizes.mid_market_from > sizes.enterprise_above:
        raise ValueError("deal_sizes.mid_market_from is above deal_sizes.enterprise_above: swap them")
    return sizes


def _stage_benchmarks(table: Any) -> dict[str, float]:
    return _amounts(table, "stage_benchmarks", OPEN_STAGES)


def _amounts(table: Any, key: str, known: tuple[str, ...]) -> dict[str, float]:
    if not isinstance(table, dict):
        raise ValueError(f"{key} is {table!r}: it has to be a table")
    _refuse_others(f"{key}.", table, known)
    return {name: _amount(value, f"{key}.{name}") for name, value in table.items()}


def _names(table: dict[str, Any], key: str, allowed: tuple[str, ...]) -> dict[str, str]:
    return {name: _one_of(f"{key}.{name}", value, allowed) for name, value in _texts(table, key).items()}


def _texts(table: dict[str, Any], key: str) -> dict[str, str]:
    entries = _table(table, key)
    for name, value in entries.items():
        if not isinstance(value, str):
            raise ValueError(f"{key}.{name} is {value!r}: it has to be text in quotes")
    return dict(entries)


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = _needed(table, key, f"add a table [{key}]")
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{key} is {value!r}: it has to be a table with at least one entry")
    return value


def _needed(table: dict[str, Any], key: str, remedy: str) -> Any:
    last_part = key.rsplit(".", 1)[-1]
    if last_part not in table:
        raise ValueError(f"{key} is missing: {remedy}")
    return table[last_part]


def _one_of(key: str, value: Any, allowed: Any) -> Any:
    if value not in allowed:
        raise ValueError(f"{key} is {value!r}: choose one of {', '.join(allowed)}")
    return value


def _amount(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError(f"{key} is {value!r}: it has to be a number above 0")
    return float(value)


def _day(mapping: dict[str, Any]) -> date:
    value = _needed(mapping, "today", "state the day on which the export was taken")
    if type(value) is not date:
        raise ValueError(f"today is {value!r}: write a date without quotes, such as 2017-12-31")
    return value


def _refuse_others(prefix: str, table: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{prefix}{key} means nothing here: choose one of {', '.join(known)}, or remove it")
