"""What happened in the deals of an export: activities, stage history, contacts and their roles."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from ..contracts.vocabulary import ACTIVITY_TYPES, CLOSED_LOST, CLOSED_WON, CONTACT_ROLES, UNKNOWN
from .cells import date_of, looked_up, time_of, truth_of
from .mapping import Activities, Contacts, ExportMapping
from .rows import SourceRows, judged, recorded_on, repeated, take_rejects

PROCESS_ACTIVITY_OF = {"Prospecting": "Qualified", "Verbal Commit": "Legal Review"}
"""Our stage → the process activity that stands for it, where they have different names."""
PUSHES = {"pushes": pl.Int64, "pushed_days": pl.Int64, "pushed_on": pl.Date}
"""How often a deal's close date moved later in its history, by how many days together, and the day of the last move."""
ACTIVITY_COLUMNS = (
    "activity_id", "opportunity_id", "rep_id", "activity_type", "activity_date", "contact_name", "contact_role",
    "created_at", "updated_at", "data_freshness",
)  # fmt: skip


def activities_of(
    rows: SourceRows | None,
    opportunities: pl.DataFrame,
    reps: pl.DataFrame,
    people: pl.DataFrame,
    roles: pl.DataFrame,
    mapping: ExportMapping,
    today: date,
) -> pl.LazyFrame:
    """Return one row per activity on a used deal, by the contract ACTIVITIES; lazy, as there may be millions.

    Planned activities and those on other records than deals are set aside: neither used nor rejected.

    Args:
        rows: the file of activities.
        opportunities: the used deals.
        reps: `rep_key` and `rep_id`.
        people: `person` (id) and `person_name`.
        roles: `deal`, `contact` (name) and `contact_role`.
        mapping: the mapping.
        today: day of the export.
    """
    empty = pl.LazyFrame(
        schema={
            name: pl.Date if name.endswith(("_at", "_date", "_freshness")) else pl.String for name in ACTIVITY_COLUMNS
        }
    )
    if rows is None or not isinstance(rows.source, Activities):
        return empty
    section = rows.source
    types = {**{name: name for name in ACTIVITY_TYPES}, **section.types}
    kind = looked_up(pl.col("type"), types)
    deals = opportunities.lazy().select(deal="opportunity_id", owner="owner_id", is_known=pl.lit(True))
    read = (
        rows.frame.with_columns(
            day=date_of(pl.col("at"), mapping.formats_of(section, "at")),
            activity_type=pl.when(pl.col("type").is_null()).then(pl.lit(UNKNOWN)).otherwise(kind),
            rep_key=pl.col("rep").str.to_lowercase(),
            is_aside=_aside(section, rows).fill_null(True),
        )
        .join(deals, on="deal", how="left")
        .join(reps.lazy().select("rep_key", "rep_id"), on="rep_key", how="left")
        .join(people.lazy(), left_on="contact", right_on="person", how="left")
    )
    rules = [
        (pl.col("is_aside"), "aside"),
        *([(repeated(rows.frame), "duplicate_id")] if rows.has("id") else []),
        (pl.col("is_known").is_null(), "unknown_deal"),
        (pl.col("activity_type").is_null(), "unknown_type"),
        (pl.col("day").is_null(), "bad_date"),
        (pl.col("day") > pl.lit(today), "in_future"),
    ]
    read = judged(read, rules)
    counted = read.group_by("kind").agg(pl.len(), deals=pl.col("deal").n_unique()).collect(engine="streaming")
    counts = {kind: (number, of_deals) for kind, number, of_deals in counted.iter_rows()}
    rows.used, rows.deals = counts.get(None, (0, 0))
    rows.aside, _ = counts.get("aside", (0, 0))
    bad = read.filter(pl.col("kind").is_not_null() & (pl.col("kind") != "aside"))
    rows.rejects.append(
        bad.select("_row", "id", "kind")
        .collect(engine="streaming").sort("_row")
    )  # fmt: skip
    name = pl.coalesce("person_name", "contact")
    return (
        read.filter(pl.col("kind").is_null())
        .with_columns(contact_name=name)
        .join(roles.lazy(), left_on=["deal", "contact_name"], right_on=["deal", "contact"], how="left")
        .select(
            pl.coalesce("id", pl.col("_row").cast(pl.String)).alias("activity_id"),
            pl.col("deal").alias("opportunity_id"),
            pl.coalesce("rep_id", "owner").alias("rep_id"),
            "activity_type",
            pl.col("day").alias("activity_date"),
            pl.coalesce("contact_name", pl.lit(UNKNOWN)).alias("contact_name"),
            pl.coalesce("contact_role", pl.lit(UNKNOWN)).alias("contact_role"),
            pl.col("day").alias("created_at"),
            pl.col("day").alias("updated_at"),
            pl.lit(today).alias("data_freshness"),
        )
    )


def last_activities(deals: pl.DataFrame, mapping: ExportMapping, today: date) -> pl.LazyFrame:
    """Return the last activity of each deal that states its day, of unknown type, as rows of ACTIVITIES.

    A day in the future or no date at all is no activity.

    Args:
        deals: usable deals.
        mapping: the mapping of the export.
        today: day of the export.
    """
    day = date_of(pl.col("last_activity_on"), mapping.formats_of(mapping.opportunities, "last_activity_on"))
    return (
        deals.lazy()
        .with_columns(day=day)
        .filter(pl.col("day") <= pl.lit(today))
        .select(
            pl.format("last-{}", "id").alias("activity_id"),
            pl.col("id").alias("opportunity_id"),
            pl.coalesce("rep_id", pl.lit(UNKNOWN)).alias("rep_id"),
            pl.lit(UNKNOWN).alias("activity_type"),
            pl.col("day").alias("activity_date"),
            pl.lit(UNKNOWN).alias("contact_name"),
            pl.lit(UNKNOWN).alias("contact_role"),
            pl.col("day").alias("created_at"),
            pl.col("day").alias("updated_at"),
            pl.lit(today).alias("data_freshness"),
        )
    )


def _aside(section: Activities, rows: SourceRows) -> pl.Expr:
    """Return whether a row is planned, or on another record than a deal."""
    aside = [pl.lit(False)]
    if section.done and rows.has("status"):
        done = [value.lower() for value in section.done]
        aside.append(~pl.col("status").str.to_lowercase().is_in(done).fill_null(False))
    if section.deal_objects and rows.has("object"):
        objects = [value.lower() for value in section.deal_objects]
        aside.append(~pl.col("object").str.to_lowercase().is_in(objects).fill_null(False))
    if section.deal_prefixes:
        is_deal = pl.any_horizontal(pl.col("deal").str.starts_with(prefix) for prefix in section.deal_prefixes)
        aside.append(~is_deal.fill_null(False))
    return pl.any_horizontal(aside)


def stage_visits(
    rows: SourceRows | None, opportunities: pl.DataFrame, mapping: ExportMapping, codes: Mapping[str, str], today: date
) -> pl.DataFrame:
    """Return one row per visit of a used deal to a stage, in their order.

    Rows with a time of leaving are visits. Without such a column they are events: one whose stage is that of the event
    before begins no visit, and the next visit ends the one before.

    Args:
        rows: the file of the stage history; None: there is none.
        opportunities: rows of the contract OPPORTUNITIES.
        mapping: the mapping of the export.
        codes: names of stage codes.
        today: day of the export.

    Returns:
        `deal`, `stage` (the export's), `stage_name` (ours), `entered_at`, `left_at` (null in the stage that it is still
        in), `sequence` (from 1), and PUSHES of the deal, null without recorded close dates.
    """
    schema = {
        "deal": pl.String, "stage": pl.String, "stage_name": pl.String, "entered_at": pl.Datetime("us"),
        "left_at": pl.Datetime("us"), "sequence": pl.Int64, **PUSHES,
    }  # fmt: skip
    if rows is None:
        return pl.DataFrame(schema=schema)
    section, deals = rows.source, mapping.opportunities
    own = {stage.lower() for stage in deals.stages}
    known = {
        **{code: stage for code, stage in codes.items() if code.lower() not in own},
        **deals.stages,
        **deals.statuses,
    }
    left = time_of(pl.col("left_at"), mapping.formats_of(section, "left_at"))
    ids = opportunities.lazy().select(deal="opportunity_id", is_known=pl.lit(True))
    read = rows.frame.with_columns(
        stage_name=looked_up(pl.col("stage"), known),
        entered=time_of(pl.col("entered_at"), mapping.formats_of(section, "entered_at")),
        left=left,
        close=date_of(pl.col("close_date"), mapping.formats_of(section, "close_date")),
    ).join(ids, on="deal", how="left", maintain_order="left")
    rules = [
        (pl.col("is_known").is_null(), "unknown_deal"),
        (pl.col("stage_name").is_null(), "unknown_stage"),
        (pl.col("entered").is_null() | (pl.col("left_at").is_not_null() & pl.col("left").is_null()), "bad_date"),
        (pl.col("left") < pl.col("entered"), "bad_date"),
        (pl.col("entered").dt.date() > pl.lit(today), "in_future"),
    ]
    used = take_rejects(rows, judged(read, rules).collect(), "deal").sort("deal", "entered", "_row")
    used = used.join(_pushes(used), on="deal", how="left", maintain_order="left")
    if not rows.has("left_at"):
        used = used.filter((pl.col("stage") != pl.col("stage").shift(1).over("deal")).fill_null(True))
        used = used.with_columns(left=pl.col("entered").shift(-1).over("deal"))
    return used.select(
        "deal",
        "stage",
        "stage_name",
        pl.col("entered").alias("entered_at"),
        pl.col("left").alias("left_at"),
        pl.int_range(1, pl.len() + 1).over("deal").alias("sequence"),
        *PUSHES,
    )


def _pushes(events: pl.DataFrame) -> pl.DataFrame:
    """Return PUSHES of each deal that has a close date in its history; `events` are ordered by deal and time."""
    moved = (pl.col("close") - pl.col("close").shift(1).over("deal")).dt.total_days()
    pushed = pl.col("moved").filter(pl.col("moved") > 0)
    return (
        events.filter(pl.col("close").is_not_null())
        .with_columns(moved=moved)
        .group_by("deal")
        .agg(
            pushes=pushed.len().cast(pl.Int64),
            pushed_days=pushed.sum(),
            pushed_on=pl.col("entered").filter(pl.col("moved") > 0).last().dt.date(),
        )
    )


def process_events_of(visits: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return one row per visit by the contract PROCESS_EVENTS; the step that closes a deal ends on its day.

    Args:
        visits: rows of `stage_visits`.
        today: day of the export.
    """
    closed = pl.col("stage_name").is_in([CLOSED_WON, CLOSED_LOST])
    started, left = pl.col("entered_at").dt.date(), pl.col("left_at").dt.date()
    ended = pl.coalesce(left, pl.when(closed).then(started))
    return visits.select(
        pl.format("{}-{}", "deal", pl.col("sequence").cast(pl.String).str.zfill(2)).alias("event_id"),
        pl.col("deal").alias("opportunity_id"),
        pl.col("stage_name").replace(PROCESS_ACTIVITY_OF).alias("activity"),
        "sequence",
        started.alias("started_on"),
        ended.alias("ended_on"),
        (ended - started).dt.total_days().alias("duration_days"),
        started.alias("created_at"),
        pl.coalesce(ended, started).alias("updated_at"),
        pl.lit(today).alias("data_freshness"),
    )


def stages_now(visits: pl.DataFrame) -> pl.DataFrame:
    """Return per deal `entered_on`, the day of its last visit, `from_stage`, its last open stage, and PUSHES.

    Args:
        visits: rows of `stage_visits`.
    """
    is_open = ~pl.col("stage_name").is_in([CLOSED_WON, CLOSED_LOST])
    return visits.group_by("deal", maintain_order=True).agg(
        entered_on=pl.col("entered_at").last().dt.date(),
        from_stage=pl.col("stage_name").filter(is_open).last(),
        **{name: pl.col(name).max() for name in PUSHES},
    )


def contacts_of(
    rows: SourceRows | None, opportunities: pl.DataFrame, people: pl.DataFrame, mapping: ExportMapping, today: date
) -> pl.DataFrame:
    """Return one row per contact of a used deal, by the contract CONTACTS.

    Args:
        rows: the file of contacts; None: there is none.
        opportunities: rows of the contract OPPORTUNITIES.
        people: rows of `people_of`.
        mapping: the mapping of the export.
        today: day of the export.
    """
    schema = {
        "contact_id": pl.String, "opportunity_id": pl.String, "contact_name": pl.String, "contact_role": pl.String,
        "source_role": pl.String, "is_champion": pl.Boolean, "is_primary": pl.Boolean, "created_at": pl.Date,
        "updated_at": pl.Date, "data_freshness": pl.Date,
    }  # fmt: skip
    if rows is None or not isinstance(rows.source, Contacts):
        return pl.DataFrame(schema=schema)
    role = looked_up(pl.col("role"), {**{name: name for name in CONTACT_ROLES}, **rows.source.roles})
    ids = opportunities.lazy().select(deal="opportunity_id", is_known=pl.lit(True))
    read = rows.frame.join(ids, on="deal", how="left", maintain_order="left").join(
        people.lazy(), left_on="name", right_on="person", how="left", maintain_order="left"
    )
    rules = [
        (pl.col("is_known").is_null(), "unknown_deal"),
        (pl.col("name").is_null(), "no_id"),
        *([(repeated(rows.frame), "duplicate_id")] if rows.has("id") else []),
    ]
    used = take_rejects(rows, judged(read, rules).collect(), "id" if rows.has("id") else "deal")
    is_champion = truth_of(pl.col("is_champion")) | (role == "Champion").fill_null(False)
    return used.select(
        pl.coalesce("id", pl.col("_row").cast(pl.String)).alias("contact_id"),
        pl.col("deal").alias("opportunity_id"),
        pl.coalesce("person_name", "name").alias("contact_name"),
        pl.coalesce(role, pl.lit(UNKNOWN)).alias("contact_role"),
        pl.coalesce("role", pl.lit(UNKNOWN)).alias("source_role"),
        is_champion.alias("is_champion"),
        truth_of(pl.col("is_primary")).alias("is_primary"),
        *recorded_on(today),
    )


def contacts_by_deal(contacts: pl.DataFrame, opportunities: pl.DataFrame, rows: SourceRows | None) -> pl.DataFrame:
    """Return per deal what its contacts say; without a file of contacts all is unknown.

    Args:
        contacts: rows of `contacts_of`.
        opportunities: rows of the contract OPPORTUNITIES.
        rows: the file of contacts; None: there is none.

    Returns:
        `deal`, `stakeholder_count`, `has_economic_buyer` (null if no role is recorded), `champion_status` ('Engaged'
        with a champion, 'None' without one if the export records champions), `primary_contact_name`,
        `primary_contact_role`.
    """
    if rows is None:
        return pl.DataFrame(schema={
            "deal": pl.String, "stakeholder_count": pl.Int64, "has_economic_buyer": pl.Boolean,
            "champion_status": pl.String, "primary_contact_name": pl.String, "primary_contact_role": pl.String,
        })  # fmt: skip
    records_champions = rows.has("is_champion") or bool(contacts["is_champion"].any())
    primary = (
        pl.struct("contact_name", "contact_role").sort_by("is_primary", descending=True, maintain_order=True).first()
    )
    roles = contacts.group_by("opportunity_id", maintain_order=True).agg(
        stakeholder_count=pl.col("contact_name").n_unique().cast(pl.Int64),
        has_economic_buyer=(pl.col("contact_role") == "Economic Buyer").any(),
        champion=pl.col("is_champion").any(),
        primary=primary,
    )
    ids = opportunities.select(opportunity_id="opportunity_id")
    absent = "None" if records_champions else UNKNOWN
    buyers = pl.col("has_economic_buyer").fill_null(False) if rows.has("role") else pl.lit(None, pl.Boolean)
    return ids.join(roles, on="opportunity_id", how="left", maintain_order="left").select(
        pl.col("opportunity_id").alias("deal"),
        pl.col("stakeholder_count").fill_null(0),
        buyers.alias("has_economic_buyer"),
        pl.when(pl.col("champion").fill_null(False)).then(pl.lit("Engaged")).otherwise(pl.lit(absent)).alias("champion_status"),
        pl.col("primary").struct.field("contact_name").alias("primary_contact_name"),
        pl.col("primary").struct.field("contact_role").alias("primary_contact_role"),
    )  # fmt: skip


def people_of(rows: SourceRows | None) -> pl.DataFrame:
    """Return `person` (id) and `person_name` of the file of people.

    Args:
        rows: the file of people; None: there is none.
    """
    if rows is None:
        return pl.DataFrame(schema={"person": pl.String, "person_name": pl.String})
    rules = [(pl.col("id").is_null(), "no_id"), (repeated(rows.frame), "duplicate_id")]
    used = take_rejects(rows, judged(rows.frame, rules).collect())
    return used.select(person="id", person_name=pl.coalesce("name", "id"))
