from .crm import (
    run_import as run_import,
)
from .sources import (
    Imported as Imported,
    import_source as import_source,
)
