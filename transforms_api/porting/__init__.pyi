from .contracts.contract import (
    Contract as Contract,
)
from .contracts.contract import (
    Kind as Kind,
)
from .contracts.contract import (
    collect_contracts as collect_contracts,
)
from .contracts.contract import (
    comment_of as comment_of,
)
from .contracts.contract import (
    contracts_by_dataset as contracts_by_dataset,
)
from .contracts.contract import (
    datasets_under as datasets_under,
)
from .contracts.contract import (
    kind_of as kind_of,
)
from .contracts.contract import (
    most_of as most_of,
)
from .contracts.contract import (
    null_reason_of as null_reason_of,
)
from .contracts.contract import (
    values_of as values_of,
)
from .contracts.json_schema import (
    json_schema as json_schema,
)
from .contracts.markdown import (
    markdown as markdown,
)
from .contracts.odcs import (
    odcs as odcs,
)
from .contracts.typescript import (
    typescript as typescript,
)
from .export.plan import (
    Differences as Differences,
)
from .export.plan import (
    Export as Export,
)
from .export.plan import (
    Versions as Versions,
)
from .export.plan import (
    compare_export as compare_export,
)
from .export.plan import (
    plan_export as plan_export,
)
from .export.plan import (
    read_record as read_record,
)
from .export.plan import (
    write_export as write_export,
)
from .export.source import (
    package_source as package_source,
)
from .export.source import (
    repository_sources as repository_sources,
)
from .lint.check import (
    find_violations as find_violations,
)
from .lint.module import (
    RULES as RULES,
)
from .lint.module import (
    Finding as Finding,
)
from .lint.module import (
    read_module as read_module,
)
from .lint.project import (
    declared_transforms as declared_transforms,
)
