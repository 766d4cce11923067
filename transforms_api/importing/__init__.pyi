from .crm import (
    ExportFolder as ExportFolder,
    read_export as read_export,
    run_import as run_import,
)
from .sources import (
    Imported as Imported,
    import_source as import_source,
)
