from .contracts import (
    Contract as Contract,
    Kind as Kind,
    collect_contracts as collect_contracts,
    comment_of as comment_of,
    contracts_by_dataset as contracts_by_dataset,
    datasets_under as datasets_under,
    kind_of as kind_of,
    most_of as most_of,
    null_reason_of as null_reason_of,
    parts_of as parts_of,
    values_of as values_of,
)
from .export.plan import (
    Differences as Differences,
    Export as Export,
    Versions as Versions,
    compare_export as compare_export,
    plan_export as plan_export,
    read_record as read_record,
    write_export as write_export,
)
from .export.source import (
    Source as Source,
    package_source as package_source,
    repository_sources as repository_sources,
    sql_files as sql_files,
)
from .lint.check import (
    RULES as RULES,
    find_violations as find_violations,
)
from .lint.module import (
    Finding as Finding,
    read_module as read_module,
)
from .lint.project import (
    declared_transforms as declared_transforms,
)
from .notations import (
    json_schema as json_schema,
    markdown as markdown,
    odcs as odcs,
    typescript as typescript,
)
from .plain_spark.plan import (
    SparkExport as SparkExport,
    copy_files as copy_files,
    plan_spark_export as plan_spark_export,
    write_rows as write_rows,
)
from .plain_spark.tasks import (
    ExportForm as ExportForm,
)
from .row_writers import (
    IfExists as IfExists,
    without_password as without_password,
    write_csv as write_csv,
    writer_for as writer_for,
)
