from .engine import (
    CancelToken as CancelToken,
    SessionFactory as SessionFactory,
    require_driver_session as require_driver_session,
)
from .spark.cluster import (
    is_local as is_local,
)
from .spark.errors import (
    error_text as error_text,
    explain as explain,
    summarize as summarize,
)
from .spark.job_session import (
    job_session as job_session,
)
from .spark.profiles import (
    settings_of as settings_of,
    unknown_profiles as unknown_profiles,
)
from .spark.session import (
    MEANING as MEANING,
    lazy_session as lazy_session,
    start_session as start_session,
)
from .spark.tables import (
    as_pandas as as_pandas,
    as_stored as as_stored,
    empty_frame as empty_frame,
    read_slice as read_slice,
    read_staged as read_staged,
    write_files as write_files,
)
