from .app import (
    main as main,
)
from .options import (
    BranchOption as BranchOption,
    JsonOption as JsonOption,
    RepoOption as RepoOption,
    WarehouseOption as WarehouseOption,
)
from .output import (
    console_on as console_on,
    say as say,
    styled as styled,
    users_output as users_output,
)
