from .build import (
    BuildRequest as BuildRequest,
    BuildSession as BuildSession,
    watch_project as watch_project,
    watch_sessions as watch_sessions,
)
from .dataset import (
    Dataset as Dataset,
    NotebookDataset as NotebookDataset,
)
from .impact import (
    CheckUse as CheckUse,
    ColumnStep as ColumnStep,
    Impact as Impact,
    PageReads as PageReads,
    PageUse as PageUse,
    TransformUse as TransformUse,
)
from .project import (
    Project as Project,
)
