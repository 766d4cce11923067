"""Where a `TransformRunner` takes its inputs from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from transforms_api.declare.dataset_path import check_dataset_path


class InMemoryDatastore:
    """DataFrames that stand for datasets in a test.

    Attributes:
        dataframes: dataset → its rows.
    """

    def __init__(self) -> None:
        self.dataframes: dict[str, DataFrame] = {}

    def store_dataframe(self, alias: str, df: DataFrame) -> None:
        """Let `df` stand for the dataset that transforms call `alias`, in place of an earlier one.

        Raises:
            DatasetPathError: no dataset can be called so.
        """
        self.dataframes[check_dataset_path(alias)] = df
