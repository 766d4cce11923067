from .arguments import (
    BoundArguments as BoundArguments,
    compute as compute,
    other_arguments as other_arguments,
)
from .engine_choice import (
    EngineUse as EngineUse,
    choose_engine as choose_engine,
    prepare_engine as prepare_engine,
    why_settings_need_spark as why_settings_need_spark,
)
from .environment import (
    BuildEnvironment as BuildEnvironment,
)
from .incremental import (
    input_versions as input_versions,
)
from .input_filters import (
    InputFilter as InputFilter,
    filter_inputs as filter_inputs,
    parse_condition as parse_condition,
    parse_function as parse_function,
)
from .job import (
    refuse_foundry_only as refuse_foundry_only,
    run_job as run_job,
)
from .log import (
    LastBuild as LastBuild,
    LoggedJob as LoggedJob,
    build_log as build_log,
    events_in as events_in,
    last_build as last_build,
    logs_in as logs_in,
)
from .output_checks import (
    require_checks_passed as require_checks_passed,
)
from .plan import (
    Plan as Plan,
    logic_of as logic_of,
    make_plan as make_plan,
)
from .report import (
    BuildEnded as BuildEnded,
    BuildEvent as BuildEvent,
    BuildListener as BuildListener,
    BuildReport as BuildReport,
    BuildStarted as BuildStarted,
    EventCallback as EventCallback,
    JobEnded as JobEnded,
    JobResult as JobResult,
    JobStarted as JobStarted,
    JobState as JobState,
    JobWaits as JobWaits,
    lineage_listeners as lineage_listeners,
)
from .sandbox import (
    Checks as Checks,
    DatasetSource as DatasetSource,
    SandboxResult as SandboxResult,
    parse_sample as parse_sample,
    require_sources as require_sources,
    run_for_key as run_for_key,
    run_in_sandbox as run_in_sandbox,
    sample_of as sample_of,
    write_dataset as write_dataset,
)
from .scheduler import (
    BuildOptions as BuildOptions,
    run_build as run_build,
    where_of as where_of,
)
from .states import (
    DatasetState as DatasetState,
    State as State,
    dataset_states as dataset_states,
)
