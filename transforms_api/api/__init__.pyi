from .build import (
    BuildRequest as BuildRequest,
    BuildSession as BuildSession,
)
from .dataset import (
    Dataset as Dataset,
)
from .lineage import (
    ColumnStep as ColumnStep,
    Impact as Impact,
    LineageReader as LineageReader,
)
from .project import (
    Project as Project,
)
from .watch import (
    watch_sessions as watch_sessions,
)
