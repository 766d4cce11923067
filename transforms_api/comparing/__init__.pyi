from .changes import (
    ColumnReach as ColumnReach,
    DatasetDiff as DatasetDiff,
    Kind as Kind,
    ProjectDiff as ProjectDiff,
    Sides as Sides,
    Status as Status,
    TransformCode as TransformCode,
    changed_datasets as changed_datasets,
    compare_dataset as compare_dataset,
)
from .profiles import (
    ColumnProfile as ColumnProfile,
    profile_rows as profile_rows,
)
from .reports import (
    as_html as as_html,
    as_markdown as as_markdown,
)
from .rows import (
    Difference as Difference,
    RowExample as RowExample,
    compare as compare,
)
