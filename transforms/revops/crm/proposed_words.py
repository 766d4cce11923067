"""Propose the meaning of the words in an export: currencies, stages, types of activities, roles, reasons of losses.

Each function returns lines of the mapping's TOML. Words that the preset of the product names mean what the preset says.
"""

import json
import re
from collections.abc import Mapping, Sequence

from .mapping import ExportMapping
from .recognize import Proposal, Section
from .words import loss_reason_of, outcome_of, plain, stages_of

_SYMBOLS = {
    "R$": "BRL", "US$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "руб": "RUB", "zł": "PLN", "¥": "JPY", "$": "USD",
}  # fmt: skip
"""Sign in an amount or its column's name → currency; the first that occurs counts."""

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
"""Currency that is guessed, language, and words of it in columns and stages."""

_CATEGORIES = {
    "best case": "Best Case", "commit": "Commit", "committed": "Commit", "pipeline": "Pipeline", "closed": "Closed",
    "won": "Closed", "omitted": "Omitted", "lost": "Omitted",
}  # fmt: skip
MOST_REASONS = 100
"""Reasons of losses that a proposal lists: the most frequent ones."""

_ACTIVITY_TYPES = (
    ("call", r"call|anruf|звонок|llamada|ligac|appel|phone"),
    ("email", r"mail|письмо|correo"),
    ("demo", r"demo|vorfuhr"),
    ("meeting", r"meet|termin|встреча|reuni|besprech|appointment|lunch|visit|event"),
)
_BITRIX_TYPES = {"1": "meeting", "2": "call", "4": "email"}
_ROLES = {
    "evaluator": "Technical Evaluator", "technical buyer": "Technical Evaluator", "legal": "Legal",
    "executive sponsor": "Executive Sponsor", "economic buyer": "Economic Buyer", "champion": "Champion",
    "end user": "End User",
}  # fmt: skip
_DONE = {"completed", "done", "y", "yes", "true", "1", "erledigt", "concluida", "closed", "да"}
_DEAL_OBJECTS = ("2", "deal", "opportunity", "d")
_KINDS = {"S": "Closed Won", "F": "Closed Lost"}
"""Kind of a stage code in Bitrix24 → our stage."""

_TABLES_OF_PRESET = {
    "opportunities": {"loss_reasons": "loss_reason", "deal_types": "deal_type"},
    "activities": {"types": "type"},
    "contacts": {"roles": "role"},
}
"""Section → table of words in a preset → field whose values are such words."""


def quoted(text: str) -> str:
    """Return a text as a string of TOML.

    Args:
        text: any text.
    """
    return json.dumps(text, ensure_ascii=False)


def inline_table(key: str, entries: Mapping[str, str]) -> list[str]:
    """Return the line `key = { "name" = "value", … }`; none without entries.

    Args:
        key: the key.
        entries: name → value.
    """
    if not entries:
        return []
    return [f"{key} = {{ " + ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in entries.items()) + " }"]


def currency_lines(deals: Section, proposal: Proposal, stated: str | None, rates: Mapping[str, float]) -> list[str]:
    """Return the lines of the currency of amounts, the names of currencies and their rates.

    Args:
        deals: the section of deals.
        proposal: receives the findings.
        stated: code of the amounts' currency as the user states it.
        rates: code of a further currency → how much of the amounts' currency 1 of it is.
    """
    codes = {name: _CURRENCY_NAMES.get(plain(name), name.upper()) for name in deals.values_of("currency")}
    if stated:
        main, certainty, reason = stated, "sure", "stated"
    elif codes:
        main, certainty, reason = next(iter(codes.values())), "sure", f"column {deals.fields['currency'][0]!r}"
    else:
        main, certainty, reason = _currency_of(deals)
    proposal.record("currency", main, certainty, reason)
    lines = [f"currency = {quoted(main)}  # {certainty}: {reason}"]
    lines += inline_table("currencies", {name: code for name, code in codes.items() if name != code})
    known = {code: rate for code, rate in rates.items() if code != main}
    if known:
        proposal.record("rates", ", ".join(f"{code} = {rate:g}" for code, rate in known.items()), "sure", "stated")
        lines.append("rates = { " + ", ".join(f"{code} = {rate!r}" for code, rate in known.items()) + " }")
    if others := sorted({*codes.values()} - {main, *known}):
        options = " ".join(f"--rate {code}=…" for code in others)
        reason = f"amounts in them are unknown: state how much {main} 1 of each is, {options} or [rates]"
        proposal.record("rates", f"none for {', '.join(others)}", "guess", reason)
        if known:
            lines.append(f"# no rate for {', '.join(others)}: such amounts are unknown. {reason}")
        else:
            example = ", ".join(f"{code} = 1.0" for code in others)
            lines.append(f"# rates = {{ {example} }}  # {main} for 1; without it such amounts are unknown")
    return lines


def _currency_of(deals: Section) -> tuple[str, str, str]:
    """Return the currency of a file that names none, how sure it is, and why."""
    amounts = deals.fields.get("amount", [])
    texts = [*amounts, *(value for column in amounts for value in list(deals.table.profiles[column].values)[:50])]
    for text in texts:
        if code := next((code for sign, code in _SYMBOLS.items() if sign in text), None):
            return code, "likely", f"the sign in {text!r}"
    words = plain(" ".join([*deals.table.profiles, *deals.values_of("stage")]))
    for code, language, pattern in _LANGUAGES:
        if re.search(pattern, words):
            return code, "guess", f"no currency in the file; its words are {language}: change it, or --currency"
    return "USD", "guess", "no currency in the file: change it, or --currency"


def word_lines(
    section: Section, proposal: Proposal, sections: Mapping[str, Section], preset: ExportMapping | None
) -> list[str]:
    """Return the lines of a section that say what the words in its columns mean.

    Args:
        section: the section.
        proposal: receives the findings on stages.
        sections: name → section, of the whole export.
        preset: mapping of the export's product.
    """
    lines: list[str] = []
    match section.name:
        case "opportunities":
            _record_stages(proposal, sections, preset)
            lines = _deal_lines(section, preset)
        case "activities":
            lines = _activity_lines(section)
        case "stage_codes":
            kinds = section.values_of("kind")
            lines = inline_table("kinds", {kind: stage for kind, stage in _KINDS.items() if kind in kinds})
        case "contacts":
            roles = {role: _ROLES.get(plain(role), "") for role in section.values_of("role")}
            lines = inline_table("roles", {role: known for role, known in roles.items() if known})
    return lines + _lines_of_preset(preset, section, lines)


def _lines_of_preset(preset: ExportMapping | None, section: Section, written: Sequence[str]) -> list[str]:
    """Return the lines of the preset's words that are values in the file, of tables that `written` has no line of."""
    source = getattr(preset, section.name, None)
    lines: list[str] = []
    for table, field in _TABLES_OF_PRESET.get(section.name, {}).items():
        if source is not None and not any(line.startswith(f"{table} = ") for line in written):
            values = {value.lower() for value in section.values_of(field)}
            words = {word: meaning for word, meaning in getattr(source, table).items() if word.lower() in values}
            lines += inline_table(table, words)
    return lines


def _stage_words(sections: Mapping[str, Section]) -> list[str]:
    """Return the words for stages in deals, history and stage codes, in the order of the sections."""
    words = list(sections["opportunities"].values_of("stage"))
    for name, field in (("stage_history", "stage"), ("stage_codes", "code")):
        words += sections[name].values_of(field) if name in sections else []
    return list(dict.fromkeys(" ".join(word.split()) for word in words))


def stages_of_words(sections: Mapping[str, Section], preset: ExportMapping | None) -> dict[str, str]:
    """Return word of the export → our stage: by the preset of its product, else by the meaning of the words.

    Args:
        sections: name → section, of the whole export.
        preset: mapping of the export's product.
    """
    words = _stage_words(sections)
    known = {word.lower(): stage for word, stage in preset.opportunities.stages.items()} if preset else {}
    stages = stages_of(words) | {word: known[word.lower()] for word in words if word.lower() in known}
    return {word: stages[word] for word in words if word in stages}


def _record_stages(proposal: Proposal, sections: Mapping[str, Section], preset: ExportMapping | None) -> None:
    stages = stages_of_words(sections, preset)
    for word in _stage_words(sections):
        if stage := stages.get(word):
            certainty = "sure" if stage.startswith("Closed") else "likely"
            proposal.record(f"stage {word!r}", stage, certainty, "its words")
        else:
            reason = "deals in it are rejected, unless [opportunities.stages] names it"
            proposal.record(f"stage {word!r}", "none of ours", "guess", reason)


def _deal_lines(deals: Section, preset: ExportMapping | None) -> list[str]:
    """Return the lines of a deal's status, reasons of losses and forecast categories."""
    statuses = {status: outcome_of(status) for status in deals.values_of("status")}
    lines = inline_table("statuses", {status: stage for status, stage in statuses.items() if stage})
    stated = {word.lower(): reason for word, reason in preset.opportunities.loss_reasons.items()} if preset else {}
    words = deals.values_of("loss_reason")[:MOST_REASONS]
    reasons = {word: stated.get(word.lower()) or loss_reason_of(word) for word in words}
    lines += inline_table("loss_reasons", {word: reason for word, reason in reasons.items() if reason})
    categories = {word: _CATEGORIES.get(plain(word)) for word in deals.values_of("forecast_category")}
    lines += inline_table("category_names", {word: category for word, category in categories.items() if category})
    return lines


def _activity_lines(activities: Section) -> list[str]:
    """Return the lines of an activity's type, status and kind of record, and of how ids of deals begin."""
    words = activities.values_of("type")
    if words and all(word.isdigit() for word in words):
        types = {word: _BITRIX_TYPES.get(word) for word in words}
    else:
        types = {word: _activity_type(word) for word in words}
    lines = inline_table("types", {word: kind for word, kind in types.items() if kind})
    if done := [status for status in activities.values_of("status") if plain(status) in _DONE]:
        lines.append(f"done = {json.dumps(done, ensure_ascii=False)}")
    if objects := [kind for kind in activities.values_of("object") if plain(kind) in _DEAL_OBJECTS]:
        lines.append(f"deal_objects = {json.dumps(objects)}")
    if any(deal.startswith("006") and len(deal) in (15, 18) for deal in activities.values_of("deal")):
        lines.append('deal_prefixes = ["006"]')  # ids of opportunities in Salesforce
    return lines


def _activity_type(word: str) -> str | None:
    return next((kind for kind, pattern in _ACTIVITY_TYPES if re.search(pattern, plain(word))), None)
