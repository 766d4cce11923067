from .crm import (
    ExportFolder as ExportFolder,
    profile_table as profile_table,
    read_export as read_export,
    run_import as run_import,
)
from .detection import (
    TableOptions as TableOptions,
)
from .foundry_account import (
    FoundryAccount as FoundryAccount,
)
from .foundry_content import (
    Selection as Selection,
)
from .pulling import (
    Pulled as Pulled,
    PullState as PullState,
    PullTarget as PullTarget,
    missing_inputs_of as missing_inputs_of,
    pull_dataset as pull_dataset,
)
from .sources import (
    Imported as Imported,
    import_source as import_source,
)
from .text_tables import (
    TEXT_FILES as TEXT_FILES,
    WORKBOOKS as WORKBOOKS,
    TextTable as TextTable,
    read_table as read_table,
    sheets_of as sheets_of,
)
