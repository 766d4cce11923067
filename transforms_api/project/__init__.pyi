from .discovery import (
    NAMESPACE as NAMESPACE,
    DiscoveryResult as DiscoveryResult,
    discover as discover,
    discover_repository as discover_repository,
    load_sql_transform as load_sql_transform,
)
from .fingerprint import (
    CodeFingerprint as CodeFingerprint,
    CodeFingerprints as CodeFingerprints,
    distributions_of as distributions_of,
)
from .graph import (
    BuildGraph as BuildGraph,
    build_graph as build_graph,
)
from .layouts import (
    DatasetName as DatasetName,
    Repository as Repository,
    SubProject as SubProject,
)
from .problems import (
    IMPORT_FORMATS as IMPORT_FORMATS,
    Fault as Fault,
    describe_faults as describe_faults,
    did_you_mean as did_you_mean,
    did_you_mean_dataset as did_you_mean_dataset,
    group_faults as group_faults,
    missing_inputs as missing_inputs,
    number_texts as number_texts,
    raise_faults as raise_faults,
)
from .settings import (
    PROJECT as PROJECT,
    Settings as Settings,
    SourceSettings as SourceSettings,
    choose_project as choose_project,
    read_settings as read_settings,
    read_sources as read_sources,
    read_toml as read_toml,
)
from .source_files import (
    file_of_module as file_of_module,
    forget_modules as forget_modules,
    frames_of_user as frames_of_user,
    is_module as is_module,
    is_own as is_own,
    is_own_folder as is_own_folder,
    merge_conflict_in as merge_conflict_in,
    module_files as module_files,
    own_files as own_files,
    report_slow_imports as report_slow_imports,
    with_packages as with_packages,
)
from .sql_files import (
    SqlFile as SqlFile,
    tokens_of as tokens_of,
)
from .sql_tokens import (
    keyword as keyword,
)
from .sql_transforms import (
    NEVER_INCREMENTAL as NEVER_INCREMENTAL,
    SqlTransform as SqlTransform,
    read_if_sql as read_if_sql,
)
