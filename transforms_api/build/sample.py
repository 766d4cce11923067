"""A sample of a dataset's rows: the first so many, or a fraction of them, always the same ones of a version."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from transforms_api.errors import DeclarationError
from transforms_api.runtime.arrow_tables import read_slice
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.slices import whole


def parse_sample(text: str) -> int | float:
    """Return what a user means by a sample: '1000' is a number of rows, '0.1' a fraction.

    Raises:
        DeclarationError: it is neither a whole number from 1 on nor a fraction below 1.
    """
    try:
        sample: int | float = int(text) if text.isdecimal() else float(text)
    except ValueError:
        sample = 0
    if sample >= 1 if isinstance(sample, int) else 0 < sample < 1:
        return sample
    raise DeclarationError(f"A sample is a number of rows, 1000, or a fraction of them, 0.1, but not '{text}'.")


def sample_of(version: TableVersion, sample: int | float) -> pa.Table:
    """Return so many rows of a version, the first; or, of a fraction, about so many, drawn by chance from everywhere.

    The rows are held in memory, the others never all at once.
    """
    rows = read_slice(whole(version))
    if isinstance(sample, int):
        return rows.head(sample)
    drawn = [
        batch.filter(pc.less(pc.random(batch.num_rows, initializer=number), sample))
        for number, batch in enumerate(rows.to_batches())
    ]
    return pa.Table.from_batches(drawn, rows.schema)
