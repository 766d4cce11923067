from .app import (
    main as main,
)
from .completion import (
    BranchOption as BranchOption,
)
from .completion import (
    JsonOption as JsonOption,
)
from .completion import (
    RepoOption as RepoOption,
)
from .completion import (
    WarehouseOption as WarehouseOption,
)
from .output import (
    console_on as console_on,
)
from .output import (
    say as say,
)
from .output import (
    styled as styled,
)
from .output import (
    users_output as users_output,
)
from .project import (
    Project as Project,
)
from .project import (
    logs_of as logs_of,
)
from .project import (
    open_project as open_project,
)
from .project import (
    reopen_project as reopen_project,
)
