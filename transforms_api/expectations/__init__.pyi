from .builders import (
    all as all,
    any as any,
    col as col,
    count as count,
    dataset_ref as dataset_ref,
    false as false,
    group_by as group_by,
    negate as negate,
    primary_key as primary_key,
    schema as schema,
    true as true,
    when as when,
)
from .evaluate import (
    CheckResult as CheckResult,
    evaluate_checks as evaluate_checks,
)
from .tree import (
    AllOf as AllOf,
    Check as Check,
    ColumnProperty as ColumnProperty,
    Expectation as Expectation,
    ForeignKey as ForeignKey,
    HasColumns as HasColumns,
    IsIn as IsIn,
    Matches as Matches,
    NonNull as NonNull,
    OtherCount as OtherCount,
    PerGroup as PerGroup,
    PrimaryKey as PrimaryKey,
)
from .types import (
    type_name as type_name,
)
