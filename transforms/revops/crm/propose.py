# ruff: noqa: E501  (sentences of findings)
"""Propose the mapping of an unknown export: which file is what, which column is which field, which stage is ours.

The names of files and columns decide, in several languages, then the values. The preset of the product adds its columns
that no other name fits, and decides on the stages that it names. Each decision says how sure it is: 'sure' (the names say it), 'likely' (names and
values fit) or 'guess' (to be checked).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .mapping import ExportMapping
from .words import COLUMNS, FILE_WORDS, FIRST_NAMES, LAST_NAMES, loss_reason_of, outcome_of, plain, stages_of


class Profile(Protocol):
    """What the values of a column are."""

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
    """A file of the export, or one sheet of a workbook."""

    file: str
    profiles: Mapping[str, Profile]
    """Column → what its values are."""
    sheet: str | None = None
    rows: int = 0


@dataclass(frozen=True)
class Finding:
    """One decision: its subject, what was decided, how sure it is ('sure', 'likely', 'guess') and why."""

    subject: str
    decision: str
    certainty: str
    reason: str


@dataclass
class Proposal:
    """A mapping and how it came about."""

    product: str
    toml: str = ""
    findings: list[Finding] = field(default_factory=list)
    to_state: list[str] = field(default_factory=list)
    """What the user has to state before an import, as sentences; empty: nothing."""


Fields = dict[str, list[str]]
"""Field → columns of the file, the first that has a value counts."""

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
_DATES = {
    "opened_on", "close_date", "closed_on", "last_activity_on", "stage_entered_on", "at", "entered_at", "left_at",
    "hired_on",
}  # fmt: skip
_AMOUNTS = ("amount", "won_amount", "quota", "list_price", "annual_revenue")
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
"""Section → of each group of fields a file has to have a column; sections are tried in this order."""
_BY_NAME = ("people", "reps", "accounts")
_SYMBOLS = {
    "R$": "BRL",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₽": "RUB",
    "руб": "RUB",
    "zł": "PLN",
    "¥": "JPY",
    "$": "USD",
}
_CURRENCY_NAMES = {
    "us dollar": "USD", "usd": "USD", "euro": "EUR", "british pound": "GBP", "pound sterling": "GBP",
    "brazilian real": "BRL", "real": "BRL", "russian ruble": "RUB", "swiss franc": "CHF", "canadian dollar": "CAD",
}  # fmt: skip
_LANGUAGES = (
    ("BRL", "Portuguese", r"negocio|fechamento|valor|criacao"),
    ("EUR", "German", r"betrag|wert\b|gewonnen|angebot|verloren"),
    ("EUR", "French", r"montant|transaction|cloture"),
    ("RUB", "Russian", r"[а-я]{4}"),
    ("EUR", "Spanish", r"importe|cierre|ganad"),
)
_CATEGORIES = {
    "best case": "Best Case", "commit": "Commit", "committed": "Commit", "pipeline": "Pipeline", "closed": "Closed",
    "won": "Closed", "omitted": "Omitted", "lost": "Omitted",
}  # fmt: skip
MOST_REASONS = 100
"""Reasons of losses that a proposal lists: the most frequent ones."""
_TYPES = (("call", r"call|anruf|звонок|llamada|ligac|appel|phone"), ("email", r"mail|письмо|correo"),
          ("demo", r"demo|vorfuhr"), ("meeting", r"meet|termin|встреча|reuni|besprech|appointment|lunch|visit|event"))  # fmt: skip
_BITRIX_TYPES = {"1": "meeting", "2": "call", "4": "email"}
_ROLES = {"evaluator": "Technical Evaluator", "technical buyer": "Technical Evaluator", "executive sponsor": "Executive Sponsor",
          "economic buyer": "Economic Buyer", "champion": "Champion", "legal": "Legal", "end user": "End User"}  # fmt: skip
_DONE = {"completed", "done", "y", "yes", "true", "1", "erledigt", "concluida", "closed", "да"}


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
        ValueError: no file has deals; the text says what was looked for.
    """
    chosen = _sections(tables)
    if "opportunities" not in chosen:
        seen = "; ".join(f"{_place(table)}: {', '.join(table.profiles)}" for table in tables)
        raise ValueError(
            "no file has deals: a column of stages (or status) and one of amounts or close dates are needed. Columns are "
            f"{seen}. Write a mapping that names the columns: see docs/your-crm.md, and import with --mapping."
        )
    product = _product(tables)
    proposal = Proposal(product)
    preset = next((candidate for candidate in presets if candidate.product == product), None)
    if preset is not None:
        for section, (table, fields) in chosen.items():
            fields.update(_columns_of_preset(preset, section, table, fields, proposal))
    proposal.findings.append(
        Finding("product", product, "likely" if product != "any" else "guess", "by names of columns")
    )
    for table in tables:
        if not any(table is chosen_table for chosen_table, _ in chosen.values()):
            proposal.findings.append(
                Finding(
                    _place(table), "not used", "likely", "another file fits better, or none of its columns is known"
                )
            )
    lines = ['loader = "transforms.revops.crm.load:load"', f"product = {_quoted(product)}"]
    lines += _currency_lines(chosen["opportunities"], proposal, currency, rates or {})
    for section, (table, fields) in chosen.items():
        lines += _section_lines(section, table, fields, proposal, date_format, chosen, preset)
    lines += _rep_lines(chosen, proposal)
    proposal.toml = "\n".join(lines) + "\n"
    return proposal


def _columns_of_preset(
    preset: ExportMapping, section: str, table: ExportTable, fields: Fields, proposal: Proposal
) -> Fields:
    """Return the fields that the preset's columns name and `fields` lack, of columns that the file has and no field uses."""
    source = getattr(preset, section, None)
    if source is None or source.columns is None:
        return {}
    used = {column for columns in fields.values() for column in columns}
    added: Fields = {}
    for name in type(source.columns).model_fields:
        spec = getattr(source.columns, name)
        named = [name for name in (spec if isinstance(spec, list) else [spec]) if isinstance(name, str)]
        column = next((name for name in named if name in table.profiles and name not in used), None)
        if name not in fields and column is not None:
            added[name] = [column]
            used.add(column)
            reason = f"the preset of {preset.product}"
            proposal.findings.append(Finding(f"{section}.columns.{name}", column, "sure", reason))
    return added


_WORDS_OF_PRESET = {
    "opportunities": {"loss_reasons": "loss_reason", "deal_types": "deal_type"},
    "activities": {"types": "type"},
    "contacts": {"roles": "role"},
}
"""Section → table of words in a preset → field whose values are such words."""


def _words_of_preset(
    preset: ExportMapping | None, section: str, table: ExportTable, fields: Fields, written: Sequence[str]
) -> list[str]:
    """Return the lines of the preset's words that are values in the file, of tables that `written` has no line of."""
    source = getattr(preset, section, None)
    lines = []
    for words, stage in _WORDS_OF_PRESET.get(section, {}).items():
        if source is not None and stage in fields and not any(line.startswith(f"{words} = ") for line in written):
            values = {value.lower() for column in fields[stage] for value in table.profiles[column].values}
            known = getattr(source, words)
            lines += _inline(words, {word: meaning for word, meaning in known.items() if word.lower() in values})
    return lines


def _sections(tables: Sequence[ExportTable]) -> dict[str, tuple[ExportTable, Fields]]:
    """Return section → its table and columns: for each the table whose ids others name, with the most fields, then rows."""
    candidates: dict[str, list[tuple[ExportTable, Fields]]] = {}
    for table in tables:
        section, fields = _section_of(table)
        if section is not None:
            candidates.setdefault(section, []).append((table, fields))
    named = {
        value
        for section, ones in candidates.items()
        if section in ("stage_history", "activities", "contacts")
        for table, fields in ones
        for column in fields["deal"]
        for value in table.profiles[column].values
    }

    def fit(candidate: tuple[ExportTable, Fields]) -> tuple[int, int, int]:
        table, fields = candidate
        ids = set(table.profiles[fields["id"][0]].values) if "id" in fields else set()
        return len(ids & named), len(fields), table.rows

    best = {section: max(ones, key=fit) for section, ones in candidates.items()}
    order = ["opportunities", *(section for section in _NEEDED if section != "opportunities")]
    return {section: best[section] for section in order if section in best}


def _section_of(table: ExportTable) -> tuple[str | None, Fields]:
    name = plain(f"{table.file.rsplit('/', 1)[-1].rsplit('.', 1)[0]} {table.sheet or ''}")
    for section, groups in _NEEDED.items():
        fields = _fields_of(table, section)
        if not all(any(field in fields for field in group) for group in groups):
            continue
        deal = fields.get("deal")
        if section == "stage_history" and (not deal or table.profiles[deal[0]].is_key):
            continue
        if section == "opportunities" and re.search(FILE_WORDS["stage_history"], name):
            continue
        if section in _BY_NAME and not re.search(FILE_WORDS[section], name) and not _says(section, fields):
            continue
        if section == "products" and "industry" in _fields_of(table, "accounts"):
            continue
        return section, fields
    return None, {}


def _says(section: str, fields: Fields) -> bool:
    return (section == "accounts" and "industry" in fields) or (section == "reps" and "manager" in fields)


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
    for field, aliases in COLUMNS[section].items():
        if field == "deal" and not has_owner_type:  # in Bitrix24 the owner of an activity is the deal, elsewhere a rep
            aliases = "|".join(alias for alias in aliases.split("|") if alias != "owner id")
        hits = [names[alias] for alias in aliases.split("|") if alias in names and names[alias] not in used]
        if hits:
            fields[field] = list(dict.fromkeys(hits)) if field == "closed_on" else hits[:1]
            used |= set(fields[field])
    if section == "opportunities" and "name" not in fields and "deal" in names and names["deal"] not in used:
        fields["name"] = [names["deal"]]
    if section == "opportunities" and "stage" not in fields and "status" in fields:
        fields["stage"] = fields["status"]
        del fields["status"]
    return fields


def _product(tables: Sequence[ExportTable]) -> str:
    names = {plain(column) for table in tables for column in table.profiles}
    return next(
        (product for product, words, least in _PRODUCTS if sum(word in names for word in words) >= least), "any"
    )


def _currency_lines(
    deals: tuple[ExportTable, Fields], proposal: Proposal, stated: str | None, rates: Mapping[str, float]
) -> list[str]:
    table, fields = deals
    note = proposal.findings.append
    values = table.profiles[fields["currency"][0]].values if "currency" in fields else {}
    codes = {value: _CURRENCY_NAMES.get(plain(value), value.upper()) for value in values}
    if stated:
        main, certainty, reason = stated, "sure", "stated"
    elif codes:
        main, certainty, reason = next(iter(codes.values())), "sure", f"column {fields['currency'][0]!r}"
    else:
        main, certainty, reason = _currency_of(table, fields)
    note(Finding("currency", main, certainty, reason))
    named = {value: code for value, code in codes.items() if value != code}
    lines = [f"currency = {_quoted(main)}  # {certainty}: {reason}", *_inline("currencies", named)]
    known = {code: rate for code, rate in rates.items() if code != main}
    if known:
        note(Finding("rates", ", ".join(f"{code} = {rate:g}" for code, rate in known.items()), "sure", "stated"))
        lines.append("rates = { " + ", ".join(f"{code} = {rate!r}" for code, rate in known.items()) + " }")
    if others := sorted({*codes.values()} - {main, *known}):
        options = " ".join(f"--rate {other}=…" for other in others)
        reason = f"amounts in them are unknown: state how much {main} 1 of each is, {options} or [rates]"
        note(Finding("rates", f"none for {', '.join(others)}", "guess", reason))
        lines += [f"# no rate for {', '.join(others)}: such amounts are unknown. {reason}"] if known else [
            "# rates = { " + ", ".join(f"{other} = 1.0" for other in others) + " }"
            + f"  # {main} for 1; without it such amounts are unknown"
        ]  # fmt: skip
    return lines


def _currency_of(table: ExportTable, fields: Fields) -> tuple[str, str, str]:
    amounts = fields.get("amount", [])
    texts = [*amounts, *(value for column in amounts for value in list(table.profiles[column].values)[:50])]
    for text in texts:
        code = next((code for sign, code in _SYMBOLS.items() if sign in text), None)
        if code:
            return code, "likely", f"the sign in {text!r}"
    words = plain(
        " ".join([*table.profiles, *(value for column in fields["stage"] for value in table.profiles[column].values)])
    )
    for code, language, pattern in _LANGUAGES:
        if re.search(pattern, words):
            return code, "guess", f"no currency in the file; its words are {language}: change it, or --currency"
    return "USD", "guess", "no currency in the file: change it, or --currency"


def _section_lines(
    section: str, table: ExportTable, fields: Fields, proposal: Proposal, date_format: str | None,
    chosen: Mapping[str, tuple[ExportTable, Fields]], preset: ExportMapping | None,
) -> list[str]:  # fmt: skip
    lines = ["", f"[{section}]", f"file = {_quoted(table.file)}"]
    lines += [f"sheet = {_quoted(table.sheet)}"] if table.sheet else []
    proposal.findings.append(
        Finding(
            _place(table),
            section,
            "sure" if section == "opportunities" else "likely",
            f"{len(fields)} fields by names of columns",
        )
    )
    lines += _number_lines(table, fields, proposal)
    specs = {field: _spec(columns) for field, columns in fields.items()}
    specs |= _names_of_parts(section, table, fields)
    extra: list[str] = []
    if section == "opportunities":
        if "id" not in fields:
            specs["id"] = "{ row_number = true }"
            proposal.findings.append(
                Finding("opportunities.columns.id", "the row's number", "guess", "no column has ids")
            )
        extra = _stage_lines(table, fields, proposal, chosen, preset)
    elif section == "activities":
        extra = _activity_lines(table, fields)
    elif section == "stage_codes" and "kind" in fields:
        kinds = {"S": "Closed Won", "F": "Closed Lost"}
        extra = _inline(
            "kinds", {kind: stage for kind, stage in kinds.items() if kind in table.profiles[fields["kind"][0]].values}
        )
    elif section == "contacts" and "role" in fields:
        values = table.profiles[fields["role"][0]].values
        extra = _inline("roles", {value: _ROLES[plain(value)] for value in values if plain(value) in _ROLES})
    lines += [*extra, *_words_of_preset(preset, section, table, fields, extra)]
    for field, columns in fields.items():
        if field in ("id", "stage", "rep", "amount", "close_date", "closed_on", "opened_on"):
            proposal.findings.append(Finding(f"{section}.columns.{field}", " or ".join(columns), "sure", "its name"))
    formats = _formats(section, table, fields, proposal, date_format)
    lines += ["", f"[{section}.columns]", *(f"{field} = {spec}" for field, spec in specs.items())]
    lines += (
        ["", f"[{section}.formats]", *(f"{field} = {json.dumps(patterns)}" for field, patterns in formats.items())]
        if formats
        else []
    )
    if section == "opportunities":
        stages = _stages(_stage_words(table, fields, chosen), preset)
        lines += [
            "",
            "[opportunities.stages]",
            *(f"{_quoted(word)} = {_quoted(stage)}" for word, stage in stages.items()),
        ]
    return lines


def _rep_lines(chosen: Mapping[str, tuple[ExportTable, Fields]], proposal: Proposal) -> list[str]:
    """Return that reps are known from activities, if the export has all files but one of reps."""
    if not {"quotas", "activities", "stage_history"} <= set(chosen) or "reps" in chosen:
        return []
    (table, fields), (deals, columns) = chosen["activities"], chosen["opportunities"]
    if "rep" not in fields or "rep" not in columns:
        return []
    active = table.profiles[fields["rep"][0]].values
    owners = deals.profiles[columns["rep"][0]].values
    idle = [owner for owner in owners if owner not in active]
    if not idle or sum(owners[owner] for owner in idle) > 0.05 * sum(owners.values()):
        return []
    reason = "has no activity in the export: their deals are rejected; without [reps] known_from they are used"
    proposal.findings.append(Finding(f"rep {', '.join(idle)}", "unknown", "guess", reason))
    return ["", "[reps]", 'known_from = "activities"']


def _names_of_parts(section: str, table: ExportTable, fields: Fields) -> dict[str, str]:
    """Return the fields that are made of a first and a last name."""
    names = {plain(column): column for column in table.profiles}
    first, last = (next((names[name] for name in known if name in names), None) for known in (FIRST_NAMES, LAST_NAMES))
    target = {"opportunities": "rep", "people": "name", "reps": "name"}.get(section)
    if target is None or target in fields or first is None or last is None:
        return {}
    return {target: f"{{ join = {json.dumps([first, last], ensure_ascii=False)} }}"}


def _number_lines(table: ExportTable, fields: Fields, proposal: Proposal) -> list[str]:
    columns = [column for field in _AMOUNTS for column in fields.get(field, [])]
    decimals = {table.profiles[column].decimal for column in columns} - {None}
    lines = ['decimal = ","'] if "," in decimals else []
    spaced = any(
        re.search(r"\d[\s\u00a0\u202f]\d{3}", value) for column in columns for value in table.profiles[column].values
    )
    lines += ['thousands = " "'] if spaced else []
    dubious = next(
        (table.profiles[column].dubious_thousands for column in columns if table.profiles[column].dubious_thousands),
        None,
    )
    if dubious and not decimals:
        proposal.to_state.append(
            f'{_place(table)}: {dubious!r} may be a decimal point or thousands: state decimal = "." or "," in the mapping'
        )
    return lines


def _formats(
    section: str, table: ExportTable, fields: Fields, proposal: Proposal, stated: str | None
) -> dict[str, list[str]]:
    formats_of_columns: dict[str, list[str]] = {}
    for field in fields:
        if field not in _DATES and (section, field) != ("stage_history", "close_date"):
            continue
        formats: list[str] = []
        for column in fields[field]:
            profile = table.profiles[column]
            formats += ["ISO" if name == "YYYY-MM-DD" else name for name in profile.date_formats]
            if profile.ambiguous and stated:
                formats.append(stated)
            elif profile.ambiguous:
                example = next(iter(profile.values))
                proposal.to_state.append(
                    f"{_place(table)}, column {column!r}: {example} is {' or '.join(profile.ambiguous)}; "
                    f"state it: --date-format {profile.ambiguous[0]} or {profile.ambiguous[1]}"
                )
            elif not profile.date_formats and profile.filled:
                proposal.findings.append(
                    Finding(f"{section}.columns.{field}", column, "guess", "most of its values are no dates")
                )
        formats = list(dict.fromkeys(formats))
        if formats and formats != ["ISO"]:
            formats_of_columns[field] = formats
            proposal.findings.append(
                Finding(f"dates of {', '.join(fields[field])}", " and ".join(formats), "sure", "fits the values")
            )
    return formats_of_columns


def _stage_words(table: ExportTable, fields: Fields, chosen: Mapping[str, tuple[ExportTable, Fields]]) -> list[str]:
    words = [value for column in fields["stage"] for value in table.profiles[column].values]
    for section, field in (("stage_history", "stage"), ("stage_codes", "code")):
        if section in chosen:
            other, columns = chosen[section]
            words += [value for column in columns[field] for value in other.profiles[column].values]
    return list(dict.fromkeys(" ".join(word.split()) for word in words))


def _stages(words: Sequence[str], preset: ExportMapping | None) -> dict[str, str]:
    """Return word of the export → our stage: by the preset of its product, else by what the words mean."""
    known = {word.lower(): stage for word, stage in preset.opportunities.stages.items()} if preset else {}
    by_preset = {word: known[word.lower()] for word in words if word.lower() in known}
    stages = {**stages_of(words), **by_preset}
    return {word: stages[word] for word in words if word in stages}


def _stage_lines(
    table: ExportTable, fields: Fields, proposal: Proposal, chosen: Mapping[str, tuple[ExportTable, Fields]],
    preset: ExportMapping | None,
) -> list[str]:  # fmt: skip
    words = _stage_words(table, fields, chosen)
    stages = _stages(words, preset)
    for word in words:
        if word in stages:
            proposal.findings.append(
                Finding(
                    f"stage {word!r}",
                    stages[word],
                    "sure" if stages[word].startswith("Closed") else "likely",
                    "its words",
                )
            )
        else:
            proposal.findings.append(
                Finding(
                    f"stage {word!r}",
                    "none of ours",
                    "guess",
                    "deals in it are rejected, unless [opportunities.stages] names it",
                )
            )
    lines = []
    if "status" in fields:
        values = [value for column in fields["status"] for value in table.profiles[column].values]
        lines += _inline("statuses", {value: stage for value in values if (stage := outcome_of(value))})
    if "loss_reason" in fields:
        values = table.profiles[fields["loss_reason"][0]].values
        stated = {word.lower(): reason for word, reason in preset.opportunities.loss_reasons.items()} if preset else {}
        reasons = {value: stated.get(value.lower()) or loss_reason_of(value) for value in list(values)[:MOST_REASONS]}
        lines += _inline("loss_reasons", {value: reason for value, reason in reasons.items() if reason})
    if "forecast_category" in fields:
        values = list(table.profiles[fields["forecast_category"][0]].values)
        lines += _inline(
            "category_names", {value: _CATEGORIES[plain(value)] for value in values if plain(value) in _CATEGORIES}
        )
    return lines


def _activity_lines(table: ExportTable, fields: Fields) -> list[str]:
    values = list(table.profiles[fields["type"][0]].values)
    if values and all(value.isdigit() for value in values):
        types = {value: _BITRIX_TYPES[value] for value in values if value in _BITRIX_TYPES}
    else:
        named = {
            value: next((kind for kind, pattern in _TYPES if re.search(pattern, plain(value))), None)
            for value in values
        }
        types = {value: kind for value, kind in named.items() if kind}
    lines = _inline("types", types)
    if "status" in fields:
        done = [value for value in table.profiles[fields["status"][0]].values if plain(value) in _DONE]
        lines += [f"done = {json.dumps(done, ensure_ascii=False)}"] if done else []
    if "object" in fields:
        objects = [
            value
            for value in table.profiles[fields["object"][0]].values
            if plain(value) in ("2", "deal", "opportunity", "d")
        ]
        lines += [f"deal_objects = {json.dumps(objects)}"] if objects else []
    ids = list(table.profiles[fields["deal"][0]].values)
    if any(value.startswith("006") and len(value) in (15, 18) for value in ids):
        lines.append('deal_prefixes = ["006"]')
    return lines


def _spec(columns: Sequence[str]) -> str:
    return _quoted(columns[0]) if len(columns) == 1 else json.dumps(list(columns), ensure_ascii=False)


def _inline(key: str, entries: Mapping[str, str]) -> list[str]:
    return (
        [f"{key} = {{ " + ", ".join(f"{_quoted(name)} = {_quoted(value)}" for name, value in entries.items()) + " }"]
        if entries
        else []
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _place(table: ExportTable) -> str:
    return f"{table.file}, sheet {table.sheet}" if table.sheet else table.file
