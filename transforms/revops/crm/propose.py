"""Propose the mapping of an unknown export as TOML, with a finding for each decision.

recognize.py matches files and columns with sections and fields; proposed_words.py proposes the meaning of the words in
the columns. The preset of the product decides on the words that it names. A finding says how sure a decision is: 'sure'
(the names say it), 'likely' (names and values fit) or 'guess' (to be checked).
"""

import json
import re
from collections.abc import Mapping, Sequence

from .mapping import ExportMapping
from .proposed_words import currency_lines, quoted, stages_of_words, word_lines
from .recognize import ExportTable, Proposal, Section, columns_of_preset, product_of, sections_of
from .words import FIRST_NAMES, LAST_NAMES, plain

_DATES = {
    "opened_on", "close_date", "closed_on", "last_activity_on", "stage_entered_on", "at", "entered_at", "left_at",
    "hired_on",
}  # fmt: skip
_AMOUNTS = ("amount", "won_amount", "quota", "list_price", "annual_revenue")
_REPORTED = ("id", "stage", "rep", "amount", "close_date", "closed_on", "opened_on")
"""Fields whose columns are findings."""

MOST_DEALS_OF_IDLE_REPS = 0.05
"""Reps without activities are unknown if they own at most this fraction of the deals."""


def propose(
    tables: Sequence[ExportTable],
    date_format: str | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] | None = None,
    presets: Sequence[ExportMapping] = (),
) -> Proposal:
    """Return the mapping of an export.

    Args:
        tables: its files and sheets.
        date_format: the format of dates that have two readings, as the user states it.
        currency: code of the amounts' currency, as the user states it.
        rates: code of a further currency → how much of the amounts' currency 1 of it is, as the user states them.
        presets: mappings of products, of which that of the export's product is used.

    Raises:
        ValueError: no file has deals; the text says which columns are needed.
    """
    sections = sections_of(tables)
    if "opportunities" not in sections:
        seen = "; ".join(f"{table}: {', '.join(table.profiles)}" for table in tables)
        raise ValueError(
            "no file has deals: a column of stages (or status) and one of amounts or close dates are needed. Columns "
            f"are {seen}. Write a mapping that names the columns: see docs/your-crm.md, and import with --mapping."
        )
    product = product_of(tables)
    proposal = Proposal(product)
    preset = next((candidate for candidate in presets if candidate.product == product), None)
    if preset is not None:
        for section in sections.values():
            _add_columns_of_preset(preset, section, proposal)
    proposal.record("product", product, "likely" if product != "any" else "guess", "by names of columns")
    for table in tables:
        if not any(table is section.table for section in sections.values()):
            reason = "another file fits better, or none of its columns is known"
            proposal.record(str(table), "not used", "likely", reason)
    lines = ['loader = "transforms.revops.crm.load:load"', f"product = {quoted(product)}"]
    lines += currency_lines(sections["opportunities"], proposal, currency, rates or {})
    for section in sections.values():
        lines += _section_lines(section, proposal, date_format, sections, preset)
    lines += _rep_lines(sections, proposal)
    proposal.toml = "\n".join(lines) + "\n"
    return proposal


def _add_columns_of_preset(preset: ExportMapping, section: Section, proposal: Proposal) -> None:
    for name, column in columns_of_preset(preset, section).items():
        section.fields[name] = [column]
        proposal.record(f"{section.name}.columns.{name}", column, "sure", f"the preset of {preset.product}")


def _section_lines(
    section: Section,
    proposal: Proposal,
    date_format: str | None,
    sections: Mapping[str, Section],
    preset: ExportMapping | None,
) -> list[str]:
    """Return the lines of a section: its file, signs in numbers, meaning of words, columns and date formats."""
    name, fields = section.name, section.fields
    lines = ["", f"[{name}]", f"file = {quoted(section.table.file)}"]
    lines += [f"sheet = {quoted(section.table.sheet)}"] if section.table.sheet else []
    certainty = "sure" if name == "opportunities" else "likely"
    proposal.record(str(section.table), name, certainty, f"{len(fields)} fields by names of columns")
    lines += _number_lines(section, proposal)
    specs = {field: _spec(columns) for field, columns in fields.items()} | _names_of_parts(section)
    if name == "opportunities" and "id" not in fields:
        specs["id"] = "{ row_number = true }"
        proposal.record("opportunities.columns.id", "the row's number", "guess", "no column has ids")
    lines += word_lines(section, proposal, sections, preset)
    for field, columns in fields.items():
        if field in _REPORTED:
            proposal.record(f"{name}.columns.{field}", " or ".join(columns), "sure", "its name")
    formats = _formats(section, proposal, date_format)
    lines += ["", f"[{name}.columns]", *(f"{field} = {spec}" for field, spec in specs.items())]
    if formats:
        lines += ["", f"[{name}.formats]", *(f"{field} = {json.dumps(known)}" for field, known in formats.items())]
    if name == "opportunities":
        stages = stages_of_words(sections, preset)
        lines += [
            "",
            "[opportunities.stages]",
            *(f"{quoted(word)} = {quoted(stage)}" for word, stage in stages.items()),
        ]
    return lines


def _spec(columns: Sequence[str]) -> str:
    return quoted(columns[0]) if len(columns) == 1 else json.dumps(list(columns), ensure_ascii=False)


def _names_of_parts(section: Section) -> dict[str, str]:
    """Return the fields that are made of a first and a last name."""
    names = {plain(column): column for column in section.table.profiles}
    first, last = (next((names[name] for name in known if name in names), None) for known in (FIRST_NAMES, LAST_NAMES))
    target = {"opportunities": "rep", "people": "name", "reps": "name"}.get(section.name)
    if target is None or target in section.fields or first is None or last is None:
        return {}
    return {target: f"{{ join = {json.dumps([first, last], ensure_ascii=False)} }}"}


def _number_lines(section: Section, proposal: Proposal) -> list[str]:
    """Return the decimal sign and the sign between thousands, as far as they differ from the usual ones."""
    columns = [column for field in _AMOUNTS for column in section.fields.get(field, [])]
    profiles = [section.table.profiles[column] for column in columns]
    decimals = {profile.decimal for profile in profiles} - {None}
    lines = ['decimal = ","'] if "," in decimals else []
    if any(re.search(r"\d[\s\u00a0\u202f]\d{3}", value) for profile in profiles for value in profile.values):
        lines.append('thousands = " "')
    dubious = next((profile.dubious_thousands for profile in profiles if profile.dubious_thousands), None)
    if dubious and not decimals:
        proposal.to_state.append(
            f"{section.table}: {dubious!r} may be a decimal point or thousands: "
            'state decimal = "." or "," in the mapping'
        )
    return lines


def _formats(section: Section, proposal: Proposal, stated: str | None) -> dict[str, list[str]]:
    """Return field → the formats of its dates, for fields with others than ISO dates."""
    formats_of_fields: dict[str, list[str]] = {}
    for field, columns in section.fields.items():
        if field not in _DATES and (section.name, field) != ("stage_history", "close_date"):
            continue
        formats = [known for column in columns for known in _formats_of(section, field, column, proposal, stated)]
        formats = list(dict.fromkeys(formats))
        if formats and formats != ["ISO"]:
            formats_of_fields[field] = formats
            proposal.record(f"dates of {', '.join(columns)}", " and ".join(formats), "sure", "fits the values")
    return formats_of_fields


def _formats_of(section: Section, field: str, column: str, proposal: Proposal, stated: str | None) -> list[str]:
    """Return the formats of a column's dates; what the values leave open is to be stated by the user."""
    profile = section.table.profiles[column]
    formats = ["ISO" if name == "YYYY-MM-DD" else name for name in profile.date_formats]
    if profile.ambiguous and stated:
        formats.append(stated)
    elif profile.ambiguous:
        example, (first, second, *_) = next(iter(profile.values)), profile.ambiguous
        proposal.to_state.append(
            f"{section.table}, column {column!r}: {example} is {' or '.join(profile.ambiguous)}; "
            f"state it: --date-format {first} or {second}"
        )
    elif not profile.date_formats and profile.filled:
        proposal.record(f"{section.name}.columns.{field}", column, "guess", "most of its values are no dates")
    return formats


def _rep_lines(sections: Mapping[str, Section], proposal: Proposal) -> list[str]:
    """Return that reps are known from activities, if the export has all files but one of reps."""
    if not {"quotas", "activities", "stage_history"} <= set(sections) or "reps" in sections:
        return []
    activities, deals = sections["activities"], sections["opportunities"]
    if "rep" not in activities.fields or "rep" not in deals.fields:
        return []
    active = set(activities.values_of("rep"))
    owners = deals.table.profiles[deals.fields["rep"][0]].values
    idle = [owner for owner in owners if owner not in active]
    if not idle or sum(owners[owner] for owner in idle) > MOST_DEALS_OF_IDLE_REPS * sum(owners.values()):
        return []
    reason = "has no activity in the export: their deals are rejected; without [reps] known_from they are used"
    proposal.record(f"rep {', '.join(idle)}", "unknown", "guess", reason)
    return ["", "[reps]", 'known_from = "activities"']
