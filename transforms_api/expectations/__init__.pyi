from .builders import (
    all as all,
)
from .builders import (
    any as any,
)
from .builders import (
    col as col,
)
from .builders import (
    count as count,
)
from .builders import (
    dataset_ref as dataset_ref,
)
from .builders import (
    false as false,
)
from .builders import (
    group_by as group_by,
)
from .builders import (
    negate as negate,
)
from .builders import (
    primary_key as primary_key,
)
from .builders import (
    schema as schema,
)
from .builders import (
    true as true,
)
from .builders import (
    when as when,
)
from .evaluate import (
    CheckResult as CheckResult,
)
from .evaluate import (
    evaluate_checks as evaluate_checks,
)
from .tree import (
    AllOf as AllOf,
)
from .tree import (
    Check as Check,
)
from .tree import (
    Expectation as Expectation,
)
from .tree import (
    HasColumns as HasColumns,
)
from .tree import (
    IsIn as IsIn,
)
from .tree import (
    NonNull as NonNull,
)
from .tree import (
    PrimaryKey as PrimaryKey,
)
from .types import (
    type_name as type_name,
)
