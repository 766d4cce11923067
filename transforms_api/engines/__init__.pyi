from .engine import (
    CancelToken as CancelToken,
    Engine as Engine,
    JobSession as JobSession,
    SessionFactory as SessionFactory,
    is_frame as is_frame,
    require_driver_session as require_driver_session,
)
from .sail.server import (
    is_error_of_sail as is_error_of_sail,
    is_lost_server as is_lost_server,
)
from .sail.deny_list import (
    Unsupported as Unsupported,
    probed_version as probed_version,
    probes_digest as probes_digest,
)
from .sail.kinds import (
    kinds_in_schema as kinds_in_schema,
)
from .sail.scan import (
    unsupported_on_sail as unsupported_on_sail,
)
from .spark.column_lineage import (
    lineage_of_frame as lineage_of_frame,
)
from .spark.errors import (
    error_text as error_text,
    explain as explain,
    summarize as summarize,
)
from .sail.engine import (
    SailEngine as SailEngine,
)
from .spark.job_session import (
    SparkEngine as SparkEngine,
)
from .spark.profiles import (
    is_local as is_local,
    settings_of as settings_of,
    unknown_profiles as unknown_profiles,
)
from .spark.session import (
    MEANING as MEANING,
    lazy_session as lazy_session,
    start_session as start_session,
)
from .spark.tables import (
    as_stored as as_stored,
    empty_frame as empty_frame,
)
from .tables import (
    as_pandas as as_pandas,
    collect_arrow as collect_arrow,
    read_slice as read_slice,
    read_staged as read_staged,
    write_files as write_files,
)
