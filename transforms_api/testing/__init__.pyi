from .assertions import (
    assert_contract as assert_contract,
    assert_df_equality as assert_df_equality,
)
from .in_memory import (
    compute_transform as compute_transform,
)
from .rows import (
    frame_for as frame_for,
    rows_for as rows_for,
)
from .run_transform import (
    InMemoryDatastore as InMemoryDatastore,
    TransformRunner as TransformRunner,
    run_transform as run_transform,
)
