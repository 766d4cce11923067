from .arguments import (
    BoundArguments as BoundArguments,
)
from .arguments import (
    compute as compute,
)
from .arguments import (
    other_arguments as other_arguments,
)
from .environment import (
    BuildEnvironment as BuildEnvironment,
)
from .job import (
    refuse_foundry_only as refuse_foundry_only,
)
from .job import (
    run_job as run_job,
)
from .lineage import (
    lineage_listeners as lineage_listeners,
)
from .listeners import (
    BuildEnded as BuildEnded,
)
from .listeners import (
    BuildEvent as BuildEvent,
)
from .listeners import (
    BuildListener as BuildListener,
)
from .listeners import (
    BuildStarted as BuildStarted,
)
from .listeners import (
    EventCallback as EventCallback,
)
from .listeners import (
    JobEnded as JobEnded,
)
from .listeners import (
    JobStarted as JobStarted,
)
from .listeners import (
    JobWaits as JobWaits,
)
from .log import (
    build_log as build_log,
)
from .log import (
    events_in as events_in,
)
from .log import (
    last_build as last_build,
)
from .log import (
    logs_in as logs_in,
)
from .output_checks import (
    require_checks_passed as require_checks_passed,
)
from .plan import (
    IMPORT as IMPORT,
)
from .plan import (
    Plan as Plan,
)
from .plan import (
    make_plan as make_plan,
)
from .plan import (
    skip_fresh as skip_fresh,
)
from .report import (
    BuildReport as BuildReport,
)
from .report import (
    JobResult as JobResult,
)
from .report import (
    JobState as JobState,
)
from .sandbox import (
    Checks as Checks,
)
from .sandbox import (
    DatasetSource as DatasetSource,
)
from .sandbox import (
    SandboxResult as SandboxResult,
)
from .sandbox import (
    each as each,
)
from .sandbox import (
    parse_sample as parse_sample,
)
from .sandbox import (
    require_sources as require_sources,
)
from .sandbox import (
    run_for_key as run_for_key,
)
from .sandbox import (
    run_in_sandbox as run_in_sandbox,
)
from .sandbox import (
    sample_of as sample_of,
)
from .sandbox import (
    write_dataset as write_dataset,
)
from .scheduler import (
    BuildOptions as BuildOptions,
)
from .scheduler import (
    run_build as run_build,
)
from .scheduler import (
    where_of as where_of,
)
from .states import (
    DatasetState as DatasetState,
)
from .states import (
    State as State,
)
from .states import (
    dataset_states as dataset_states,
)
