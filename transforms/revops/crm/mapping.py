"""The mapping that describes a CRM export: a TOML file, checked by these pydantic models (read by mapping_file.py).

Example: conf/import/maven_crm.toml. The presets of products are conf/import/*.toml.

A column (`columns.FIELD = …`) is written as
    "Amount"                                  the column of that name
    ["Won time", "Lost time"]                 the first of these with a value; those that the file lacks are skipped
    {join = ["First Name", "Last Name"]}      these columns, `with = " "` between them; empty ones are left out
    {constant = "Unassigned"}                 this text in each row
    {row_number = true}                       number of the row, 1 for the first behind the header
A list may hold all four forms. Each section may state how its file is read: `encoding`, `separator`, `quote`,
`header_row`, `sheet`; what it does not state is detected.

Date formats: ISO, YYYY-MM-DD, YYYY/M/D, M/D/YYYY, D/M/YYYY, D.M.YYYY, D-M-YYYY, M-D-YYYY, D MMM YYYY ("15 Apr, 2021"),
MMM D YYYY, YYYYMMDD, serial (days of Excel), epoch_ms; with YY for a year of two digits. A time and a zone may follow:
the day is the one that is written. Each cell is read by the first format that fits it.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..contracts.vocabulary import FORECAST_CATEGORIES, OPEN_STAGES, STAGES

DATE_FORMATS = (
    "ISO", "YYYY-MM-DD", "YYYY/M/D", "M/D/YYYY", "D/M/YYYY", "D.M.YYYY", "D-M-YYYY", "M-D-YYYY", "M/D/YY", "D/M/YY",
    "D.M.YY", "D-M-YY", "M-D-YY", "D MMM YYYY", "MMM D YYYY", "YYYYMMDD", "serial", "epoch_ms",
)  # fmt: skip
"""How an export may write dates."""

StageName = Literal[STAGES]  # type: ignore[valid-type]
OpenStage = Literal[OPEN_STAGES]  # type: ignore[valid-type]
Category = Literal[FORECAST_CATEGORIES]  # type: ignore[valid-type]
DateFormat = Literal[DATE_FORMATS]  # type: ignore[valid-type]
Positive = Annotated[float, Field(gt=0)]


class Model(BaseModel):
    """A table of the mapping: unknown keys are errors, values are not converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Join(Model):
    """A value made of several columns."""

    join: list[str] = Field(min_length=1, description="columns of the file")
    separator: str = Field(" ", alias="with", description="text between the values")


class Constant(Model):
    """The same value in each row."""

    constant: str = Field(description="the value")


class RowNumber(Model):
    """The number of the row."""

    row_number: Literal[True] = Field(description="true")


Part = str | Join | Constant | RowNumber
ColumnSpec = Part | list[Part]
"""How a field is read from a file; see the module."""


class Source(Model):
    """Keys of every section about its file."""

    file: str | None = Field(
        description="file name in the export's folder, or a pattern such as 'deals*.csv'; upper and lower case alike"
    )
    sheet: str | None = Field(None, description="sheet of a workbook")
    encoding: str | None = Field(None, description="encoding of the text, such as 'utf-8' or 'cp1252'")
    separator: str | None = Field(None, description="character between cells")
    quote: str | None = Field(None, description="character around cells")
    header_row: int | None = Field(None, ge=1, description="line or sheet row of the header, from 1")
    decimal: Literal[".", ","] | None = Field(None, description="decimal sign of this file's numbers")
    thousands: Literal[",", ".", " ", "'"] | None = Field(None, description="sign between thousands")
    date_formats: list[DateFormat] | None = Field(
        None, description="date formats of this file, in place of the general ones"
    )
    formats: dict[str, list[DateFormat]] = Field({}, description="field -> its date formats, in place of the file's")
    corrections: dict[str, dict[str, str]] = Field({}, description="field -> misspelt value -> the right one")
    columns: Any = None

    @model_validator(mode="after")
    def _names_fields(self) -> "Source":
        fields = type(self.columns).model_fields if self.columns is not None else {}
        for table in ("formats", "corrections"):
            for name in getattr(self, table):
                if name not in fields:
                    raise ValueError(f"{table}.{name} means nothing here: choose one of {', '.join(fields)}")
        return self


class DealColumns(Model):
    """Fields of a deal."""

    id: ColumnSpec = Field(description="identifier; a later row with the same one is rejected")
    stage: ColumnSpec = Field(description="stage, a key of [opportunities.stages]")
    name: ColumnSpec | None = Field(None, description="what the deal is called")
    status: ColumnSpec | None = Field(
        None, description="status; one that [opportunities.statuses] names decides, else the stage does"
    )
    rep: ColumnSpec | None = Field(None, description="owner: id or name of a rep")
    rep_name: ColumnSpec | None = Field(
        None, description="the owner's name, if `rep` is an id and there is no file of reps"
    )
    rep_manager: ColumnSpec | None = Field(None, description="the owner's manager, if there is no file of reps")
    rep_region: ColumnSpec | None = Field(None, description="the owner's region, if there is no file of reps")
    rep_team: ColumnSpec | None = Field(
        None,
        description="the owner's team: a segment (Enterprise, Mid-Market, SMB), else the manager if none is known",
    )
    account: ColumnSpec | None = Field(None, description="account: its id, or its name")
    account_name: ColumnSpec | None = Field(
        None, description="the account's name, if `account` is an id and there is no file of accounts"
    )
    account_industry: ColumnSpec | None = Field(None, description="the account's industry")
    account_country: ColumnSpec | None = Field(None, description="the account's country")
    account_employee_count: ColumnSpec | None = Field(None, description="people employed by the account")
    account_annual_revenue: ColumnSpec | None = Field(None, description="the account's revenue a year")
    product: ColumnSpec | None = Field(
        None, description="product; an open deal without an amount has the list price of [products]"
    )
    opened_on: ColumnSpec | None = Field(None, description="day on which it was created")
    close_date: ColumnSpec | None = Field(None, description="day on which it closed or is expected to")
    closed_on: ColumnSpec | None = Field(
        None, description="day on which a closed deal closed; without one `close_date` counts"
    )
    amount: ColumnSpec | None = Field(None, description="amount")
    won_amount: ColumnSpec | None = Field(None, description="what a won deal brought; without one `amount` counts")
    currency: ColumnSpec | None = Field(
        None, description="currency of the amount, a code such as EUR or a key of [currencies]"
    )
    forecast_category: ColumnSpec | None = Field(
        None, description="the deal's own forecast category, a key of [opportunities.category_names]"
    )
    probability: ColumnSpec | None = Field(
        None, description="the deal's own probability: percent (75) or fraction (0.75); its chance in the forecast"
    )
    segment: ColumnSpec | None = Field(None, description="Enterprise, Mid-Market or SMB; else the amount decides")
    deal_type: ColumnSpec | None = Field(None, description="a key of [opportunities.deal_types]")
    competitor: ColumnSpec | None = Field(None, description="competitor")
    loss_reason: ColumnSpec | None = Field(None, description="why it was lost, a key of [opportunities.loss_reasons]")
    last_activity_on: ColumnSpec | None = Field(
        None, description="day of the last activity, if there is no file of activities"
    )
    stage_entered_on: ColumnSpec | None = Field(None, description="day on which it entered its stage")
    days_in_stage: ColumnSpec | None = Field(None, description="days in its stage, if `stage_entered_on` is unknown")


class StageCodeColumns(Model):
    """Fields of a file of stage codes."""

    code: ColumnSpec = Field(description="code that deals and history hold")
    name: ColumnSpec = Field(description="name; may be a key of [opportunities.stages] in place of the code")
    kind: ColumnSpec | None = Field(None, description="a key of [stage_codes.kinds]")


class RepColumns(Model):
    """Fields of a rep."""

    id: ColumnSpec = Field(description="identifier, as in the deals' `rep`")
    name: ColumnSpec | None = Field(None, description="name")
    manager: ColumnSpec | None = Field(None, description="manager: a name, or the id of a row of the same file")
    region: ColumnSpec | None = Field(None, description="region")
    team: ColumnSpec | None = Field(None, description="team; see the deals' `rep_team`")
    hired_on: ColumnSpec | None = Field(None, description="first day")


class AccountColumns(Model):
    """Fields of an account."""

    id: ColumnSpec = Field(description="identifier, as in the deals' `account`")
    name: ColumnSpec | None = Field(None, description="name")
    industry: ColumnSpec | None = Field(None, description="industry")
    country: ColumnSpec | None = Field(None, description="country")
    employee_count: ColumnSpec | None = Field(None, description="people employed")
    annual_revenue: ColumnSpec | None = Field(None, description="revenue a year, see annual_revenue_unit")


class ProductColumns(Model):
    """Fields of a product."""

    id: ColumnSpec = Field(description="identifier, as in the deals' `product`")
    list_price: ColumnSpec = Field(description="list price, 0 or more")


class ActivityColumns(Model):
    """Fields of an activity."""

    deal: ColumnSpec = Field(description="id of the deal")
    type: ColumnSpec = Field(description="kind, a key of [activities.types]; without a value it is Unknown")
    at: ColumnSpec = Field(description="when it took place")
    id: ColumnSpec | None = Field(None, description="identifier; without one the row's number")
    rep: ColumnSpec | None = Field(None, description="who did it; without one the deal's owner")
    contact: ColumnSpec | None = Field(None, description="whom it reached: a name, or an id of [people]")
    status: ColumnSpec | None = Field(None, description="planned or done, see `done`")
    object: ColumnSpec | None = Field(None, description="kind of record that `deal` names, see `deal_objects`")


class HistoryColumns(Model):
    """Fields of a row of the stage history."""

    deal: ColumnSpec = Field(description="id of the deal")
    stage: ColumnSpec = Field(description="stage, as in the deals' file")
    entered_at: ColumnSpec = Field(description="when the deal entered the stage, or when it was changed")
    left_at: ColumnSpec | None = Field(
        None, description="when it left; without such a column rows are events, and the next other stage ends one"
    )
    close_date: ColumnSpec | None = Field(None, description="close date after the change; later ones count as pushes")


class ContactColumns(Model):
    """Fields of a contact's part in a deal."""

    deal: ColumnSpec = Field(description="id of the deal")
    name: ColumnSpec = Field(description="the contact: a name, or an id of [people]")
    id: ColumnSpec | None = Field(None, description="identifier of the row; without one the row's number")
    role: ColumnSpec | None = Field(None, description="role, a key of [contacts.roles]")
    is_champion: ColumnSpec | None = Field(None, description="true, yes or 1 for a champion")
    is_primary: ColumnSpec | None = Field(None, description="true, yes or 1 for the one to contact first")


class PeopleColumns(Model):
    """Fields of a person."""

    id: ColumnSpec = Field(description="identifier")
    name: ColumnSpec = Field(description="name")


class QuotaColumns(Model):
    """Fields of a quota."""

    rep: ColumnSpec = Field(description="id or name of the rep")
    quarter: ColumnSpec = Field(description="quarter: 2024-Q1, Q1 2024 or a date in it")
    quota: ColumnSpec = Field(description="amount to win in the quarter")


class Deals(Source):
    """[opportunities]: the deals."""

    columns: DealColumns
    stages: dict[str, StageName] = Field(description="stage of the export -> ours; a deal in any other is rejected")
    statuses: dict[str, StageName] = Field(
        {}, description="status of the export -> our stage; any other leaves it to the stage"
    )
    forecast_categories: dict[StageName, Category] = Field(
        {}, description="our stage -> category of deals without one of their own; else Pipeline, Closed or Omitted"
    )
    category_names: dict[str, Category] = Field(
        {}, description="forecast category of the export -> ours; ours are known"
    )
    deal_types: dict[str, Literal["New Business", "Expansion", "Renewal"]] = Field(
        {}, description="type of the export -> ours"
    )
    loss_reasons: dict[str, Literal["Price", "Features", "No Decision", "Timing", "Competitor", "Unknown"]] = Field(
        {}, description="reason of the export -> ours; ours are known, others are Unknown"
    )
    zero_is_no_amount: bool = Field(False, description="an amount of 0 means that there is none")


class StageCodes(Source):
    """[stage_codes]: a file that names the codes of stages."""

    columns: StageCodeColumns
    kinds: dict[str, StageName] = Field(
        {}, description="kind -> our stage, for codes that [opportunities.stages] does not name"
    )


class Reps(Source):
    """[reps]: a file of reps, or, without `file`, where their names come from."""

    file: str | None = Field(None, description="as in other sections; without a file reps come from the deals")
    columns: RepColumns | None = None
    names: list[str] | None = Field(None, description="without a file: the reps; a deal of another rep is rejected")
    known_from: Literal["opportunities", "activities"] = Field(
        "opportunities",
        description="without a file: 'activities' rejects deals of reps without any activity, if there is such a file",
    )

    @model_validator(mode="after")
    def _has_columns(self) -> "Reps":
        if (self.file is None) != (self.columns is None):
            raise ValueError("file and columns belong together: state both or neither")
        return self


class Accounts(Source):
    """[accounts]: a file of accounts."""

    columns: AccountColumns
    annual_revenue_unit: Positive = Field(1.0, description="amount that 1 in the column of revenue stands for")


class Products(Source):
    """[products]: list prices."""

    columns: ProductColumns


class Activities(Source):
    """[activities]: calls, e-mails, meetings, demos."""

    columns: ActivityColumns
    types: dict[str, Literal["call", "email", "meeting", "demo", "Unknown"]] = Field(
        {}, description="type of the export -> ours; ours are known"
    )
    done: list[str] = Field(
        [], description="values of `status` that mean done; any other is planned and left out. Empty: all are done"
    )
    deal_objects: list[str] = Field(
        [], description="values of `object` that mean a deal; rows of other objects are left out. Empty: all"
    )
    deal_prefixes: list[str] = Field(
        [], description="how ids of deals begin; rows with another id, or none, are left out. Empty: all"
    )


class History(Source):
    """[stage_history]: the steps of deals."""

    columns: HistoryColumns


class Contacts(Source):
    """[contacts]: contacts and roles, one row per deal and contact."""

    columns: ContactColumns
    roles: dict[
        str,
        Literal[
            "Champion", "Economic Buyer", "Technical Evaluator", "Executive Sponsor", "Legal", "End User", "Unknown"
        ],
    ] = Field({}, description="role of the export -> ours; ours are known, others are Unknown")


class People(Source):
    """[people]: names of contacts."""

    columns: PeopleColumns


class Quotas(Source):
    """[quotas]: quotas by rep and quarter."""

    columns: QuotaColumns


class DealSizes(Model):
    """[deal_sizes]: amounts that separate SMB, Mid-Market and Enterprise."""

    mid_market_from: Positive = Field(100_000, description="SMB is below")
    enterprise_above: Positive = Field(500_000, description="Enterprise is above")

    @model_validator(mode="after")
    def _in_order(self) -> "DealSizes":
        if self.mid_market_from > self.enterprise_above:
            raise ValueError("mid_market_from is above enterprise_above: swap them")
        return self


class ExportMapping(Model):
    """A whole mapping."""

    loader: str = Field("transforms.revops.crm.load:load", description="the function that reads such an export")
    product: str | None = Field(None, description="the CRM, for messages")
    today: date | None = Field(None, description="day of the export, a date without quotes; `--today` overrides it")
    date_format: DateFormat | None = Field(None, description="one date format for all files")
    date_formats: list[DateFormat] = Field(
        ["ISO"], description="date formats of all files, the first that fits a cell counts"
    )
    decimal: Literal[".", ","] = Field(".", description="decimal sign")
    thousands: Literal[",", ".", " ", "'"] | None = Field(
        None, description="sign between thousands; without it ',' beside a decimal point, '.' beside a decimal comma"
    )
    currency: str = Field(
        "USD", description="currency in which amounts are reported, and of amounts without one of their own"
    )
    currencies: dict[str, str] = Field({}, description="currency of the export -> code, as 'US Dollar' -> USD")
    rates: dict[str, Positive] = Field(
        {}, description="code -> how much of `currency` 1 of it is; amounts in others are unknown and reported"
    )
    quota: Positive | None = Field(None, description="per rep and quarter, where [quotas] has none")
    skip_missing: bool = Field(False, description="columns and files that the export lacks are skipped; for presets")
    deal_sizes: DealSizes = Field(DealSizes(), description="limits of the deal sizes")
    stage_benchmarks: dict[OpenStage, Positive] = Field({}, description="our stage -> days that it should take")
    opportunities: Deals
    stage_codes: StageCodes | None = None
    reps: Reps = Reps()
    accounts: Accounts | None = None
    products: Products | None = None
    activities: Activities | None = None
    stage_history: History | None = None
    contacts: Contacts | None = None
    people: People | None = None
    quotas: Quotas | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ExportMapping":
        if self.products is not None and self.opportunities.columns.product is None:
            raise ValueError("opportunities.columns.product is missing: [products] is of use only with it")
        return self

    def formats_of(self, source: Source, field: str) -> list[str]:
        """Return the date formats of a field of a section, in order.

        Args:
            source: the section.
            field: one of its fields.
        """
        general = [self.date_format] if self.date_format else self.date_formats
        return source.formats.get(field) or source.date_formats or general

    def sources(self) -> dict[str, Source]:
        """Return section → the section, for those that have a file."""
        sections = {name: getattr(self, name) for name in SECTIONS}
        return {name: source for name, source in sections.items() if source is not None and source.file is not None}


SECTIONS = (
    "opportunities", "stage_codes", "reps", "accounts", "products", "activities", "stage_history", "contacts", "people",
    "quotas",
)  # fmt: skip
"""Tables of a mapping that may have a file."""
