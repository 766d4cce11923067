# ruff: noqa: E501  (lists of words)
"""Words of CRM exports in several languages: names of columns, of stages and of outcomes.

Names are compared without case, accents and signs; `StageName` is read as 'stage name'.
"""

import re
import unicodedata

_DEAL_COLUMNS = {
    "id": "record id|deal id|opportunity id|id|deal|potential id|negocio id|id do negocio|vorgangs id|id сделки|identificador|opportunity|id de l opportunite|id del negocio|datensatz id|kennung",
    "name": "name|deal name|opportunity name|potential name|title|topic|nome do negocio|nome|titel|название|название сделки|nombre del negocio|nombre|nom de la transaction|nom|nom de l opportunite|deal title|geschaftsname|dealname|nombre de la oportunidad|subject|тема",
    "status": "status|estado|statut|статус|deal status|statecode",
    "stage": "stage|stage name|deal stage|sales stage|etapa do negocio|etapa|phase|phase de la transaction|etape|стадия|стадия сделки|этап|etapa del negocio|dealstage|verkaufsphase|opportunity stage|fase|geschaftsphase|pipeline stage|стадия id|stage id|phase de vente|deal phase",
    "rep": "owner|owner id|deal owner|opportunity owner|potential owner|rep|sales rep|sales agent|responsible|proprietario do negocio|proprietario|ответственный|owner name|besitzer|zustandig|propietario del negocio|propietario|proprietaire de la transaction|proprietaire|account executive|seller|salesperson|verantwortlich|zustandiger mitarbeiter|responsavel|responsable|vendedor|assigned by|rep name|менеджер|owner full name|eigentumer|geschaftsinhaber|opportunity inhaber",
    "rep_manager": "owner manager|rep manager|manager|sales manager",
    "rep_region": "owner region|rep region|region|regional office|territory",
    "rep_team": "owner team|rep team|team|sales team|hubspot team",
    "account": "account id|account|account name|company|organization|organisation|associated company|customer|potential customer|client|empresa associada|empresa|компания|клиент|unternehmen|firma|kunde|entreprise|cliente|empresa asociada|organizacion|compania|zugehoriges unternehmen|account name|associated company primary|entreprise associee|kundenname|potenzieller kunde",
    "account_industry": "account industry|industry|branche|setor|sector|отрасль",
    "account_country": "account country|country|billing country|land|pais|pays|страна",
    "account_employee_count": "account employees|number of employees|employees|employee count|mitarbeiter",
    "account_annual_revenue": "account revenue|annual revenue",
    "product": "product|product name|produkt|produto|продукт",
    "opened_on": "created|created on|created date|create date|created time|created at|opened|opened on|open date|engage date|date created|data de criacao|дата создания|erstellt|erstellt am|erstelldatum|erstellungsdatum|deal created|fecha de creacion|date de creation|creation date|date create|add time|angelegt am|begin date",
    "close_date": "close date|expected close date|expected close|closing date|closes|est close date|estimated close date|data de fechamento|дата закрытия|erwartetes abschlussdatum|abschlussdatum|voraussichtliches abschlussdatum|fecha de cierre|date de fermeture|date de cloture|closedate|expected closing date|data prevista|предполагаемая дата закрытия|schliesst|abschluss|geschlossen am|fecha de cierre prevista|date de cloture prevue|дата завершения|schlusstermin|closing|due date|data prevista de fechamento",
    "closed_on": "actual close date|closed on|closed at|closed date|won time|lost time|actual closing date|gewonnen am|verloren am|gewonnen zeit|verloren zeit|deal closed on|fecha de cierre real|tatsachliches abschlussdatum|дата выигрыша|ganho em|perdido em|deal lost time|data de ganho|data de perda|zeitpunkt gewonnen|zeitpunkt verloren",
    "amount": "amount|value|deal value|close value|est revenue|estimated revenue|valor|betrag|wert|сумма|montant|importe|monto|amount in company currency|deal amount|potential amount|total value|opportunity amount|opportunity|revenue|estimated value|valor do negocio|sales value|arr|acv|deal size|betrag in unternehmenswahrung|valor estimado|geschatzter umsatz|umsatz",
    "won_amount": "actual revenue|actual value|won amount|tatsachlicher umsatz",
    "currency": "currency|currency of value|waehrung|wahrung|moeda|валюта|devise|moneda|amount currency|currency code|currency iso code|deal currency",
    "forecast_category": "forecast category|forecast category name|forecast|prognosekategorie|categoria de previsao",
    "probability": "probability|probability %|probabilidade|wahrscheinlichkeit|вероятность|probabilidad|probabilite|deal probability|win probability",
    "segment": "segment|customer segment",
    "deal_type": "type|deal type|opportunity type",
    "competitor": "competitor|main competitor|wettbewerber|concorrente|конкурент|competitors",
    "loss_reason": "lost reason|loss reason|closed lost reason|motivo de fechamento perdido|причина отказа|reason lost|verlustgrund|grund fur verlust|motivo de perdida|raison de perte|reason for loss|motivo da perda|motivo de cierre perdido|причина проигрыша",
    "last_activity_on": "last activity|last activity date|last activity time|letzte aktivitat|data da ultima atividade|last contacted",
    "stage_entered_on": "stage entered on|last stage change date|stage changed on|stage change date|date entered stage|in stage since",
    "days_in_stage": "days in stage|stage duration",
}  # fmt: skip
COLUMNS: dict[str, dict[str, str]] = {
    "opportunities": _DEAL_COLUMNS,
    "stage_codes": {
        "code": "code|код|id|status id|stage code|stage id",
        "name": "name|название|label|stage name",
        "kind": "semantics|семантика|kind|stage semantic id",
    },
    "reps": {
        "id": "id|user id|rep id|sales agent|rep|owner id|name|full name|email",
        "name": "name|full name|user name|rep name|sales agent",
        "manager": "manager id|manager|manager name",
        "region": "region|regional office|territory",
        "team": "team|department|segment",
        "hired_on": "hired on|hire date|start date",
    },
    "accounts": {
        "id": "id|account id|record id|company id|account|name|account name|company name",
        "name": "name|account name|company name|account|company",
        "industry": "industry|sector|branche|setor|отрасль",
        "country": "country|billing country|office location|land|pais|страна",
        "employee_count": "number of employees|employees|employee count|mitarbeiter",
        "annual_revenue": "annual revenue|revenue",
    },
    "products": {"id": "product|product id|name|id", "list_price": "list price|sales price|price|unit price"},
    "activities": {
        "id": "id|activity id|task id|record id",
        "deal": "deal|deal id|what id|opportunity id|owner id|opportunity|related to|associated deal|deal name|regarding|deal title|associated deal ids",
        "type": "type|activity type|type id|task type|kind|task subtype",
        "at": "at|activity date|start time|date|activity time|due date|start date|done time|created date|timestamp|activity at|completed at|marked as done time|created time",
        "rep": "rep|owner|owner id|responsible|activity owner|user|assigned to|assigned to user|done by|ответственный",
        "contact": "contact|who id|contact name|contact person|contact id",
        "status": "status|completed|done|is done|state|erledigt",
        "object": "owner type id|object|related type|what type",
    },
    "stage_history": {
        "deal": "deal|deal id|opportunity id|owner id|opportunity|record id",
        "stage": "stage|stage name|stage id|to stage|new stage|new value",
        "entered_at": "entered at|entered|created time|created date|changed at|changed on|edit date|timestamp|date|from date|start|entered on",
        "left_at": "left at|left|left on|exited at|to date|end|exited",
        "close_date": "close date",
    },
    "contacts": {
        "id": "id|role id",
        "deal": "deal|deal id|opportunity id|opportunity",
        "name": "contact id|contact|contact name|name|person",
        "role": "role|contact role|buying role",
        "is_champion": "is champion|champion",
        "is_primary": "is primary|primary",
    },
    "people": {"id": "id|contact id|record id", "name": "name|full name|contact name"},
    "quotas": {
        "rep": "rep|owner|user|rep id|name|sales rep|rep name",
        "quarter": "quarter|period|quartal|trimestre",
        "quota": "quota|target|goal|ziel|meta",
    },
}  # fmt: skip
"""Section of a mapping → field → names of columns, separated by |, the more usual first."""

FILE_WORDS = {
    "opportunities": r"deal|opportunit|potential|pipeline|negocio|geschaft|transaction|report|сделк",
    "stage_history": r"hist|stage.?change|verlauf",
    "activities": r"activit|task|event|call|meeting|aktivit|дел[ао]|engagement",
    "contacts": r"role|contact",
    "people": r"contact|person|people|lead",
    "accounts": r"account|compan|organi[sz]ation|client|customer|firm",
    "reps": r"user|rep|team|agent|owner|seller|mitarbeiter",
    "products": r"product",
    "quotas": r"quota|target|ziel",
    "stage_codes": r"stage|status|стади",
}
"""Section → pattern of file names that suggest it."""

FIRST_NAMES = ("owner first name", "first name", "vorname", "prenom", "nome proprio", "имя")
LAST_NAMES = ("owner last name", "last name", "nachname", "nom de famille", "sobrenome", "apellidos", "фамилия")

_LOST = r"lost|\blos[et]\b|perdid|perdu|verlor|apology|провал|проигр|отказ|abandon|disqualif|cancel|out sold|persa|perso|закрыта неуд|не реализ"
_WON = r"\bwon\b|gewonnen|gan(ha|ad|ho)|gagne|^cliente$|^customer$|успе|выигр|vinta|vinto|реализован"
_STAGES = (
    ("Closed Lost", _LOST),
    ("Closed Won", _WON),
    ("Verbal Commit", r"verbal|commit|mundlich|устно|decision maker bought|acordo verbal"),
    ("Negotiation", r"negoti|negoci|verhandl|переговор|согласован|final invoice|contract|vertrag|legal|^close$|contrat"),
    ("Proposal", r"(?<!value )propos|quote|angebot|offer|devis|executing|предложен|presupuesto|cotiza|orcamento|price"),
    ("Solution Design", r"demo|vorfuhrung|value prop|solution|design|evaluat|trial|pilot|poc|id decision|perception|needs analysis|presentation|prasentation|proof"),
    ("Discovery", r"discover|contact made|kontakt|contacto|develop|engag|meeting|appointment|termin|scheduled|agendad|rendez|apresentac|qualif|calific|квалифик|preparation|besoin|bedarf|need|analys"),
    ("Prospecting", r"prospect|lead|\bnew\b|nuevo|novo|neu\b|новая|новый|incoming|nouveau|inquiry|anfrage|first contact|erstkontakt|interest"),
)  # fmt: skip
_LOSS_REASONS = (
    ("Competitor", r"compet|wettbew|mitbewerb|concorren|concurren|konkurren|конкурент|выбрали друг|chose (an)?other|went with"),
    ("Price", r"price|pricing|cost|expens|budget|preis|teuer|kosten|preco|\bcaro|orcament|precio|presupuest|\bprix|\bcher\b|дорого|цена|бюджет|стоимост"),
    ("Timing", r"timing|\btime|not now|later|postpon|delay|zeitpunkt|zu fruh|spater|verschob|momento|adiad|aplaz|plus tard|срок|позже|отлож"),
    ("Features", r"feature|functional|product|\bfit\b|missing|funktion|produkt|funcional|recurso|fonction|функци|не подош"),
    ("No Decision", r"no decision|no budget|respon|ghost|went dark|interes|sumiu|entscheid|antwort|ruckmeld|bedarf|reponse|отвеча|ответ|интерес|потребн|no need|status quo|unreach|lost contact"),
)  # fmt: skip
_QUALIFICATION = re.compile(r"qualif|calific|квалифик")


def plain(text: str) -> str:
    """Return a name in words of small letters without accents and signs: 'StageName' is 'stage name'.

    Args:
        text: the name.
    """
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    bare = "".join(
        sign for sign in unicodedata.normalize("NFKD", split) if not unicodedata.combining(sign) or sign == "\u0306"
    )
    bare = unicodedata.normalize("NFKC", bare).casefold()
    return " ".join(re.sub(r"[^\w%]+|_", " ", bare).split())


def outcome_of(word: str) -> str | None:
    """Return 'Closed Won' or 'Closed Lost' for a word that says it, in a status or stage; else None.

    Args:
        word: the export's word.
    """
    text = plain(word)
    return next((stage for stage, pattern in _STAGES[:2] if re.search(pattern, text)), None)


def loss_reason_of(word: str) -> str | None:
    """Return our reason of a loss for the export's words; None if they say none of ours.

    Args:
        word: the export's reason; of several the first of our order counts.
    """
    text = plain(word)
    return next((reason for reason, pattern in _LOSS_REASONS if re.search(pattern, text)), None)


def stages_of(words: list[str]) -> dict[str, str]:
    """Return the export's stage → ours, for the words that say what they are; others are left out.

    Qualification is Discovery, unless the export has another stage of discovery and none of prospecting.

    Args:
        words: all stages of the export.
    """
    stages = {}
    for word in words:
        text = plain(word)
        stage = next((stage for stage, pattern in _STAGES if re.search(pattern, text)), None)
        if stage is not None:
            stages[word] = stage
    qualified = [word for word in stages if stages[word] == "Discovery" and _QUALIFICATION.search(plain(word))]
    others = [word for word in stages if stages[word] == "Discovery" and word not in qualified]
    if qualified and others and "Prospecting" not in stages.values():
        stages |= dict.fromkeys(qualified, "Prospecting")
    return stages
