"""Any number of deals: the blueprint of 500, repeated by Spark.

Block 0 is the story to the letter. Each further block is the same deals for other accounts, ids and reps, so that every
total of `scale` deals is `scale / 500` times that of the story when `scale` is a multiple of 500. Otherwise the last
block is cut: its first deals are there, the named ones before all others, and all of its ten reps with their quotas.
"""

from collections.abc import Iterable
from math import ceil

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from .story import DEALS, REPS, TODAY
from .vocabulary import CONTACTS, PEOPLE, first_and_last_names, hashed, people, picked

MOST_CONTACTS = 8
"""Most people involved in a deal."""
MIXING_FACTOR = 61_757
"""Spreads neighboring numbers of people over first and last names; odd and no multiple of 5."""


def blocks(spark: SparkSession, scale: int) -> DataFrame:
    """Return one row per block that `scale` deals begin: `block`, from 0.

    Args:
        spark: the Spark session.
    """
    return spark.range(ceil(scale / DEALS)).select(F.col("id").alias("block"))


def repeated(spark: SparkSession, rows: Iterable[tuple], schema: str, scale: int) -> DataFrame:
    """Return rows of the blueprint once for each block, cut after `scale` deals.

    `schema` begins with `deal_number long, rep_number long`, the deal's and the rep's place in the blueprint. Out come
    all columns of the schema and `block`, `deal` and `rep`: the numbers of block, deal and rep, from 0. The blueprint
    is broadcast, so each task repeats it for its own range of blocks.

    Args:
        spark: the Spark session.
        rows: rows of the blueprint, tuples of the schema.
    """
    blueprint = F.broadcast(spark.createDataFrame(list(rows), schema))
    deal = (F.col("block") * DEALS + F.col("deal_number")).alias("deal")
    rep = (F.col("block") * len(REPS) + F.col("rep_number")).alias("rep")
    return blocks(spark, scale).crossJoin(blueprint).select("*", deal, rep).where(F.col("deal") < scale)


def identifier(prefix: str, number: Column) -> Column:
    """Return an id like 'OPP-00000001' for a number from 0 to below a hundred million.

    Args:
        prefix: beginning of the id, such as 'OPP'.
        number: whole number.
    """
    return F.concat_ws("-", F.lit(prefix), padded(number + 1, 8))


def padded(number: Column, digits: int) -> Column:
    """Return a number as text, zeros before it; far quicker than `format_string`.

    Args:
        number: whole number.
        digits: length of the text.
    """
    return F.lpad(number.cast("string"), digits, "0")


def opportunity_id(deal: Column) -> Column:
    """Return the id of a deal.

    Args:
        deal: number of the deal, from 0.
    """
    return identifier("OPP", deal)


def rep_id(rep: Column) -> Column:
    """Return the id of a rep.

    Args:
        rep: number of the rep, from 0.
    """
    return identifier("REP", rep)


def rep_name(seed: int, block: Column, rep_number: Column) -> Column:
    """Return the name of a rep: that of the story in block 0, one of the vocabulary in every other.

    Args:
        seed: seed of the random numbers.
        block: number of the block, from 0.
        rep_number: number of the rep in its block.
    """
    story_name = picked([rep.name for rep in REPS], rep_number)
    return F.when(block == 0, story_name).otherwise(picked(people(seed), hashed(seed, "rep", block) + rep_number))


def contact_name(seed: int, deal: Column, slot: Column) -> Column:
    """Return the name of the person in a slot (0 to `MOST_CONTACTS` - 1) of a deal's contacts.

    Each person belongs to one deal, and so to one account: the number of the person, deal and slot, is mixed within
    `CONTACTS` by a factor that shares no divisor with it. Names repeat after 20,000 deals.

    Args:
        seed: seed of the random numbers.
        deal: number of the deal, from 0.
        slot: number of the contact, from 0.
    """
    first_names, last_names = first_and_last_names(seed)
    person = deal * MOST_CONTACTS + slot
    mixed = F.pmod(person * MIXING_FACTOR, F.lit(CONTACTS))
    return F.concat_ws(" ", picked(first_names, mixed), picked(last_names, F.floor(mixed / PEOPLE)))


def common_fields(created_at: Column, updated_at: Column) -> list[Column]:
    """Return the `CommonFields` of a row: when its record was made and last changed, and the scenario's today.

    Args:
        created_at: day on which the record was made.
        updated_at: day on which it was last changed.
    """
    return [created_at.alias("created_at"), updated_at.alias("updated_at"), F.lit(TODAY).alias("data_freshness")]
