from .discovery import (
    NAMESPACE as NAMESPACE,
)
from .discovery import (
    DiscoveryResult as DiscoveryResult,
)
from .discovery import (
    discover as discover,
)
from .discovery import (
    discover_repository as discover_repository,
)
from .fingerprint import (
    CodeFingerprint as CodeFingerprint,
)
from .fingerprint import (
    CodeFingerprints as CodeFingerprints,
)
from .fingerprint import (
    distributions_of as distributions_of,
)
from .graph import (
    BuildGraph as BuildGraph,
)
from .graph import (
    build_graph as build_graph,
)
from .layouts import (
    Repository as Repository,
)
from .layouts import (
    SubProject as SubProject,
)
from .problems import (
    Fault as Fault,
)
from .problems import (
    described as described,
)
from .problems import (
    did_you_mean as did_you_mean,
)
from .problems import (
    did_you_mean_dataset as did_you_mean_dataset,
)
from .problems import (
    grouped as grouped,
)
from .problems import (
    missing_inputs as missing_inputs,
)
from .problems import (
    numbered as numbered,
)
from .problems import (
    raise_faults as raise_faults,
)
from .selection import (
    PROJECT as PROJECT,
)
from .selection import (
    choose_project as choose_project,
)
from .settings import (
    Settings as Settings,
)
from .settings import (
    SourceSettings as SourceSettings,
)
from .settings import (
    read_settings as read_settings,
)
from .settings import (
    read_sources as read_sources,
)
from .settings import (
    read_toml as read_toml,
)
from .source_files import (
    file_of_module as file_of_module,
)
from .source_files import (
    is_module as is_module,
)
from .source_files import (
    is_own as is_own,
)
from .source_files import (
    is_own_folder as is_own_folder,
)
from .source_files import (
    module_files as module_files,
)
from .source_files import (
    own_files as own_files,
)
from .source_files import (
    with_packages as with_packages,
)
from .user_code import (
    forget_modules as forget_modules,
)
from .user_code import (
    frames_of_user as frames_of_user,
)
from .user_code import (
    merge_conflict_in as merge_conflict_in,
)
from .user_code import (
    slow_imports_reported as slow_imports_reported,
)
