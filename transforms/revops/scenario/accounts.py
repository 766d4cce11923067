"""Names of the scenario's accounts: every deal has an account of its own."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from .repetition import identifier
from .vocabulary import companies, hashed, picked


def account_id(deal: Column) -> Column:
    """Return the id of the account of a deal.

    Args:
        deal: number of the deal, from 0.
    """
    return identifier("ACC", deal)


def account_name(seed: int, block: Column, deal_number: Column, story_account: Column) -> Column:
    """Return the name of a deal's account: in block 0 that of the story, if it has one, else one of the vocabulary.

    Args:
        seed: seed of the random numbers.
        block: number of the block, from 0.
        deal_number: number of the deal in its block.
        story_account: name in the story, null without one.
    """
    story_name = F.when(block == 0, story_account)
    return F.coalesce(story_name, picked(companies(seed), hashed(seed, "account", block) + deal_number))
