from .rows import (
    Difference as Difference,
    RowExample as RowExample,
    compare as compare,
)
