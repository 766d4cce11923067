from .arrow_rows import (
    arrow_dataset as arrow_dataset,
    arrow_schema as arrow_schema,
    has_int96 as has_int96,
    naive_in_utc as naive_in_utc,
    parquet_format as parquet_format,
    read_batches as read_batches,
    read_slice as read_slice,
    read_staged as read_staged,
    replace_nanoseconds as replace_nanoseconds,
    schema_json as schema_json,
    select_batches as select_batches,
    stage as stage,
    stage_batches as stage_batches,
)
from .branches import (
    Branch as Branch,
    Vacuumed as Vacuumed,
    branch_named as branch_named,
    delete_branch as delete_branch,
    list_branches as list_branches,
    remove_unused_files as remove_unused_files,
)
from .column_lineage import (
    EDITION as EDITION,
    UNKNOWN as UNKNOWN,
    ColumnLineage as ColumnLineage,
    ColumnName as ColumnName,
    Influence as Influence,
    Origin as Origin,
    Sources as Sources,
    union_of as union_of,
)
from .columns import (
    Column as Column,
    DataType as DataType,
    columns_of as columns_of,
    columns_to_add as columns_to_add,
    merged_type as merged_type,
    partition_values as partition_values,
    require_names as require_names,
    require_partitions as require_partitions,
    require_storable as require_storable,
    same_columns as same_columns,
    type_word as type_word,
    types_of as types_of,
    with_columns as with_columns,
)
from .history import (
    HistoryEntry as HistoryEntry,
    find_version as find_version,
    read_history as read_history,
    time_of as time_of,
)
from .iceberg import (
    ICEBERG_FORMAT as ICEBERG_FORMAT,
    iceberg_table as iceberg_table,
    is_iceberg as is_iceberg,
    require_iceberg as require_iceberg,
)
from .local_storage import (
    append_to as append_to,
)
from .multi_table_commit import (
    MultiTableTransaction as MultiTableTransaction,
    open_multi_table_transaction as open_multi_table_transaction,
    recover as recover,
    wait_for_publishing as wait_for_publishing,
)
from .paths import (
    LOGS as LOGS,
    PULLS as PULLS,
    STAGED as STAGED,
    open_delta as open_delta,
    storage_of as storage_of,
    storage_path as storage_path,
)
from .provenance import (
    CheckOutcome as CheckOutcome,
    Commit as Commit,
    InputVersion as InputVersion,
    Provenance as Provenance,
    PulledVersion as PulledVersion,
    TransactionType as TransactionType,
    read_commits as read_commits,
)
from .publish import (
    staged_files as staged_files,
)
from .restore import (
    Rollback as Rollback,
    downstream_versions as downstream_versions,
    restore_downstream as restore_downstream,
    restore_version as restore_version,
)
from .stored_types import (
    exact_cast as exact_cast,
    is_list as is_list,
    is_nested as is_nested,
    is_stored_alike as is_stored_alike,
    offsets_of as offsets_of,
    storable as storable,
    storable_schema as storable_schema,
    type_refused as type_refused,
)
from .table import (
    FileEntry as FileEntry,
    InputView as InputView,
    Slice as Slice,
    TableVersion as TableVersion,
    full_view as full_view,
    link_files as link_files,
    list_files as list_files,
    require_rows as require_rows,
    version_at as version_at,
    version_of_transaction as version_of_transaction,
)
from .transaction import (
    StagedCommit as StagedCommit,
    Transaction as Transaction,
)
from .warehouse import (
    Warehouse as Warehouse,
)
