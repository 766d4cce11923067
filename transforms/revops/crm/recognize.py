"""Recognize an unknown CRM export: the section of a mapping that each file fills, and the field that each column fills.

The names of files and columns decide, in several languages (words.py), then the values. The preset of the product adds
its columns that no other name fits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .mapping import ExportMapping
from .words import COLUMNS, FILE_WORDS, plain


class Profile(Protocol):
    """Statistics of the values of a column."""

    rows: int
    filled: int
    distinct: int
    values: Mapping[str, int]
    date_formats: tuple[str, ...]
    ambiguous: tuple[str, ...]
    numbers: float
    decimal: str | None
    dubious_thousands: str | None

    @property
    def is_key(self) -> bool:
        """Return whether nearly all rows have a value of their own."""


@dataclass(frozen=True)
class ExportTable:
    """A file of the export, or one sheet of a workbook.

    Attributes:
        file: name of the file in the export's folder.
        profiles: column → statistics of its values.
        sheet: name of the sheet; None: the file is no workbook.
        rows: number of rows below the header.
    """

    file: str
    profiles: Mapping[str, Profile]
    sheet: str | None = None
    rows: int = 0

    def __str__(self) -> str:
        return f"{self.file}, sheet {self.sheet}" if self.sheet else self.file


Fields = dict[str, list[str]]
"""Field → columns of the file, the first that has a value counts."""


@dataclass(frozen=True)
class Section:
    """A section of the proposed mapping, such as 'activities', with the file that fills it."""

    name: str
    table: ExportTable
    fields: Fields

    def values_of(self, name: str) -> list[str]:
        """Return the values of a field's columns, the most frequent first; without such columns none.

        Args:
            name: the field.
        """
        return [value for column in self.fields.get(name, []) for value in self.table.profiles[column].values]


@dataclass(frozen=True)
class Finding:
    """A decision of the proposal, for the user to check.

    Attributes:
        subject: what was decided on, such as a file, a key of the mapping or a stage.
        decision: the choice.
        certainty: 'sure' (the names say it), 'likely' (names and values fit) or 'guess' (to be checked).
        reason: why.
    """

    subject: str
    decision: str
    certainty: str
    reason: str


@dataclass
class Proposal:
    """A proposed mapping and the decisions behind it.

    Attributes:
        product: name of the CRM, 'any' if no product's names fit.
        toml: the mapping as TOML text.
        findings: the decisions, in the order in which they were made.
        to_state: sentences on what the user has to state before an import; empty: nothing.
    """

    product: str
    toml: str = ""
    findings: list[Finding] = field(default_factory=list)
    to_state: list[str] = field(default_factory=list)

    def record(self, subject: str, decision: str, certainty: str, reason: str) -> None:
        """Add a decision.

        Args:
            subject: what was decided on.
            decision: the choice.
            certainty: 'sure', 'likely' or 'guess'.
            reason: why.
        """
        self.findings.append(Finding(subject, decision, certainty, reason))


_PRODUCTS = (
    ("Salesforce", ("stage name", "owner id", "is won"), 2),
    ("Salesforce", ("opportunity name", "opportunity owner", "opportunity id"), 2),
    ("Bitrix24", ("стадия", "ответственный", "валюта", "компания", "сумма"), 3),
    ("Bitrix24", ("stage id", "assigned by id", "opportunity", "category id"), 3),
    ("Pipedrive", ("deal title", "deal value", "deal status", "deal stage", "deal organization"), 2),
    ("Zoho CRM", ("potential name", "potential owner", "closing date"), 2),
    ("Zoho CRM", ("deal owner", "closing date", "deal name", "record id"), 4),
    ("Dynamics 365", ("topic", "potential customer", "est revenue", "est close date", "actual revenue"), 3),
    ("HubSpot", ("record id", "nome do negocio", "etapa do negocio", "deal stage", "deal name", "closed lost reason",
                 "nombre del negocio", "etapa del negocio", "dealname", "dealstage", "nom de la transaction",
                 "associated company", "motivo de fechamento perdido", "deal phase"), 2),
)  # fmt: skip
"""Product, names of its columns, and how many of these an export has to have; the first product that fits counts."""

_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "quotas": (("rep",), ("quarter",), ("quota",)),
    "stage_codes": (("code",), ("name",), ("kind",)),
    "stage_history": (("deal",), ("stage",), ("entered_at",)),
    "contacts": (("deal",), ("name",), ("role", "is_champion")),
    "opportunities": (("stage", "status"), ("amount", "close_date")),
    "activities": (("deal",), ("type",), ("at",)),
    "people": (("id",),),
    "products": (("id",), ("list_price",)),
    "reps": (("id",),),
    "accounts": (("id",),),
}
"""Section → groups of fields; a file has to have a column of each group. Sections are tried in this order."""


def product_of(tables: Sequence[ExportTable]) -> str:
    """Return the CRM that wrote an export, by the names of its columns; 'any' if none is known.

    Args:
        tables: files and sheets of the export.
    """
    names = {plain(column) for table in tables for column in table.profiles}
    return next(
        (product for product, words, least in _PRODUCTS if sum(word in names for word in words) >= least), "any"
    )


def sections_of(tables: Sequence[ExportTable]) -> dict[str, Section]:
    """Return section name → section, opportunities first.

    Of several files that fit a section, the one whose ids other files name is chosen, then the one with the most
    fields, then the one with the most rows.

    Args:
        tables: files and sheets of the export.
    """
    candidates: dict[str, list[Section]] = {}
    for table in tables:
        if section := _section_of(table):
            candidates.setdefault(section.name, []).append(section)
    deals = {
        deal
        for name in ("stage_history", "activities", "contacts")
        for section in candidates.get(name, [])
        for deal in section.values_of("deal")
    }

    def fit(section: Section) -> tuple[int, int, int]:
        return len(deals & set(section.values_of("id"))), len(section.fields), section.table.rows

    order = ["opportunities", *(name for name in _NEEDED if name != "opportunities")]
    return {name: max(candidates[name], key=fit) for name in order if name in candidates}


def _section_of(table: ExportTable) -> Section | None:
    """Return the first section that a file fits; None: it fits none."""
    file_name = plain(f"{table.file.rsplit('/', 1)[-1].rsplit('.', 1)[0]} {table.sheet or ''}")
    for name, groups in _NEEDED.items():
        fields = _fields_of(table, name)
        has_needed = all(any(needed in fields for needed in group) for group in groups)
        if has_needed and not _is_ruled_out(name, table, fields, file_name):
            return Section(name, table, fields)
    return None


def _is_ruled_out(section: str, table: ExportTable, fields: Fields, file_name: str) -> bool:
    """Return whether a file that has the needed fields of a section is nevertheless of another one."""
    match section:
        case "stage_history":
            deal = fields.get("deal")
            return not deal or table.profiles[deal[0]].is_key
        case "opportunities":
            return re.search(FILE_WORDS["stage_history"], file_name) is not None
        case "people" | "reps" | "accounts":
            own_field = {"accounts": "industry", "reps": "manager"}.get(section)
            return not re.search(FILE_WORDS[section], file_name) and own_field not in fields
        case "products":
            return "industry" in _fields_of(table, "accounts")
    return False


def _fields_of(table: ExportTable, section: str) -> Fields:
    """Return field → columns, by their names; each column is used once."""
    names: dict[str, str] = {}
    for column in table.profiles:
        name = plain(column)
        names.setdefault(name, column)
        short = re.sub(r"^(deal|opportunity|potential|account) (?=.)", "", name)
        if short != "id" or section == "opportunities":  # the deal of an activity is not the activity's own id
            names.setdefault(short, column)
    used: set[str] = set()
    fields: Fields = {}
    has_owner_type = section != "opportunities" and not {"owner type id", "stage semantic id"}.isdisjoint(names)
    for name, aliases in COLUMNS[section].items():
        known = aliases.split("|")
        if name == "deal" and not has_owner_type:  # in Bitrix24 the owner of an activity is the deal, elsewhere a rep
            known = [alias for alias in known if alias != "owner id"]
        hits = [names[alias] for alias in known if alias in names and names[alias] not in used]
        if hits:
            fields[name] = list(dict.fromkeys(hits)) if name == "closed_on" else hits[:1]
            used |= set(fields[name])
    if section == "opportunities" and "name" not in fields and "deal" in names and names["deal"] not in used:
        fields["name"] = [names["deal"]]
    if section == "opportunities" and "stage" not in fields and "status" in fields:
        fields["stage"] = fields.pop("status")
    return fields


def columns_of_preset(preset: ExportMapping, section: Section) -> dict[str, str]:
    """Return field → column, for fields that a section lacks and columns of the preset that no field uses.

    Args:
        preset: mapping of the export's product.
        section: a section as its names of columns fill it.
    """
    source = getattr(preset, section.name, None)
    if source is None or source.columns is None:
        return {}
    used = {column for columns in section.fields.values() for column in columns}
    added: dict[str, str] = {}
    for name in type(source.columns).model_fields:
        spec = getattr(source.columns, name)
        columns = [part for part in (spec if isinstance(spec, list) else [spec]) if isinstance(part, str)]
        free = next((column for column in columns if column in section.table.profiles and column not in used), None)
        if name not in section.fields and free is not None:
            added[name] = free
            used.add(free)
    return added
