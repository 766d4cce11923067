from .engine import (
    CancelToken as CancelToken,
)
from .engine import (
    SessionFactory as SessionFactory,
)
from .engine import (
    require_driver_session as require_driver_session,
)
from .spark.cluster import (
    is_local as is_local,
)
from .spark.errors import (
    error_text as error_text,
)
from .spark.errors import (
    explain as explain,
)
from .spark.errors import (
    summarize as summarize,
)
from .spark.job_session import (
    job_session as job_session,
)
from .spark.profiles import (
    settings_of as settings_of,
)
from .spark.profiles import (
    unknown_profiles as unknown_profiles,
)
from .spark.session import (
    lazy_session as lazy_session,
)
from .spark.session import (
    start_session as start_session,
)
from .spark.tables import (
    as_pandas as as_pandas,
)
from .spark.tables import (
    as_stored as as_stored,
)
from .spark.tables import (
    empty_frame as empty_frame,
)
from .spark.tables import (
    read_slice as read_slice,
)
from .spark.tables import (
    read_staged as read_staged,
)
from .spark.tables import (
    write_files as write_files,
)
