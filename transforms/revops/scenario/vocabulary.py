"""The words of the scenario: Faker makes names of people and companies, constants the rest; all picked by hash.

The words stay in the driver for any number of deals.
"""

from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from faker import Faker

PEOPLE, COMPANIES = 400, 500
"""Number of names; as many companies as deals in a block, so that no name repeats within a block."""
CONTACTS = PEOPLE**2
"""Full names of contacts: each first name with each last name."""
PRODUCTS = ("Platform", "Analytics Suite", "Data Hub", "Security Package", "Workflow Automation", "Support Plan")
INDUSTRIES = ("Technology", "Financial Services", "Healthcare", "Manufacturing", "Retail", "Education", "Logistics")
COUNTRIES = (*["United States"] * 6, "Canada", "Mexico")


def people(seed: int) -> list[str]:
    """Return different names of people.

    Args:
        seed: seed of the random numbers.
    """
    fake = _fake(seed)
    return [f"{fake.unique.first_name()} {fake.last_name()}" for _ in range(PEOPLE)]


def first_and_last_names(seed: int) -> tuple[list[str], list[str]]:
    """Return `PEOPLE` different first names and as many different last names.

    Args:
        seed: seed of the random numbers.
    """
    fake = _fake(seed)
    return [fake.unique.first_name() for _ in range(PEOPLE)], [fake.unique.last_name() for _ in range(PEOPLE)]


def companies(seed: int) -> list[str]:
    """Return different names of companies.

    Args:
        seed: seed of the random numbers.
    """
    fake = _fake(seed)
    return [fake.unique.company() for _ in range(COMPANIES)]


def hashed(seed: int, *parts: Column | str) -> Column:
    """Return a hash, a whole number from 0, of the seed and of `parts`: columns, and texts that distinguish uses.

    Args:
        seed: seed of the random numbers.
    """
    columns = [part if isinstance(part, Column) else F.lit(part) for part in parts]
    return F.pmod(F.xxhash64(F.lit(seed), *columns), F.lit(1_000_003))


def picked(words: list[str] | tuple[str, ...], number: Column) -> Column:
    """Return the word at a position, from 0; positions beyond the last word start again.

    Args:
        words: a list of words.
        number: whole number from 0.
    """
    # one literal that Spark splits once, because it takes seconds to analyze an array of hundreds of literals
    vocabulary = F.split(F.lit("\n".join(words)), "\n")
    return F.get(vocabulary, F.pmod(number, F.lit(len(words))).cast("int"))


def _fake(seed: int) -> "Faker":
    from faker import Faker  # slow to import, and needed only where names are made

    fake = Faker("en_US")
    fake.seed_instance(seed)
    return fake
