from .build import (
    BuildRequest as BuildRequest,
    BuildSession as BuildSession,
)
from .dataset import (
    Dataset as Dataset,
)
from .impact import (
    CheckUse as CheckUse,
    Impact as Impact,
    PageReads as PageReads,
    PageUse as PageUse,
    TransformUse as TransformUse,
)
from .lineage import (
    ColumnStep as ColumnStep,
    LineageReader as LineageReader,
)
from .notebooks import (
    NotebookDataset as NotebookDataset,
)
from .project import (
    Project as Project,
)
from .watch import (
    watch_project as watch_project,
    watch_sessions as watch_sessions,
)
