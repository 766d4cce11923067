"""The currency of all amounts, which the dataset reporting_currency states, and what a page says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from revops_dashboards.formats import REPORTING_CURRENCY
from revops_dashboards.tables import MissingDataset, Tables
from transforms_api.errors import StoreError


@dataclass(frozen=True)
class Currency:
    """The row of reporting_currency.

    Attributes:
        currency: its code; empty if the dataset cannot be read.
        currency_sign: what stands before an amount.
        converted_from: codes of other currencies, whose amounts the import converted at its rates.
        without_rate: codes of other currencies without a rate: amounts in these are unknown.
    """

    currency: str
    currency_sign: str
    converted_from: list[str] = field(default_factory=list)
    without_rate: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        """Sentences of a page about its currency; empty if all amounts are dollars."""
        if not self.currency or (self.currency == "USD" and not self.converted_from and not self.without_rate):
            return ""
        sentences = [f"Amounts are in {self.currency}"]
        if self.converted_from:
            sentences[0] += f"; those in {_and(self.converted_from)} are converted at the rates of the import"
        if self.without_rate:
            sentences.append(f"Amounts in {_and(self.without_rate)} are unknown: add a rate to [rates] of the mapping")
        return ". ".join(sentences) + "."


DOLLARS = Currency("USD", "$")


def currency_of(tables: Tables) -> Currency:
    """Return the currency of a warehouse's amounts: dollars if it was built before its pipeline had others.

    A dataset that cannot be read leaves amounts without a sign, as a wrong one would mislead.

    Args:
        tables: the tables of the warehouse.
    """
    try:
        return tables.select_one(Currency, "FROM rows", rows=REPORTING_CURRENCY) or DOLLARS
    except MissingDataset:
        return DOLLARS
    except StoreError:
        return Currency("", "")


def _and(codes: Sequence[str]) -> str:
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} and {codes[-1]}"
