from .api import (
    Dataset as Dataset,
    Project as Project,
)
from .builds import (
    BuildEvent as BuildEvent,
    BuildListener as BuildListener,
    BuildReport as BuildReport,
    JobResult as JobResult,
    JobState as JobState,
    Plan as Plan,
)
from .errors import (
    TransformsError as TransformsError,
)
