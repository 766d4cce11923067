from .arrow_rows import (
    arrow_dataset as arrow_dataset,
)
from .arrow_rows import (
    arrow_schema as arrow_schema,
)
from .arrow_rows import (
    has_int96 as has_int96,
)
from .arrow_rows import (
    naive_in_utc as naive_in_utc,
)
from .arrow_rows import (
    parquet_format as parquet_format,
)
from .arrow_rows import (
    read_slice as read_slice,
)
from .arrow_rows import (
    read_staged as read_staged,
)
from .arrow_rows import (
    replace_nanoseconds as replace_nanoseconds,
)
from .arrow_rows import (
    schema_json as schema_json,
)
from .arrow_rows import (
    stage as stage,
)
from .arrow_rows import (
    stage_batches as stage_batches,
)
from .branches import (
    branch_named as branch_named,
)
from .branches import (
    delete_branch as delete_branch,
)
from .branches import (
    list_branches as list_branches,
)
from .columns import (
    columns_to_add as columns_to_add,
)
from .columns import (
    merged_type as merged_type,
)
from .columns import (
    partition_values as partition_values,
)
from .columns import (
    require_names as require_names,
)
from .columns import (
    require_storable as require_storable,
)
from .columns import (
    same_columns as same_columns,
)
from .columns import (
    type_word as type_word,
)
from .columns import (
    types_of as types_of,
)
from .columns import (
    with_columns as with_columns,
)
from .diff import (
    Difference as Difference,
)
from .diff import (
    compare as compare,
)
from .history import (
    HistoryEntry as HistoryEntry,
)
from .history import (
    find_version as find_version,
)
from .history import (
    read_history as read_history,
)
from .history import (
    restore_version as restore_version,
)
from .history import (
    time_of as time_of,
)
from .local_storage import (
    append_to as append_to,
)
from .multi_table_commit import (
    MultiTableTransaction as MultiTableTransaction,
)
from .multi_table_commit import (
    open_multi_table_transaction as open_multi_table_transaction,
)
from .multi_table_commit import (
    recover as recover,
)
from .multi_table_commit import (
    wait_for_publishing as wait_for_publishing,
)
from .names import (
    LOGS as LOGS,
)
from .names import (
    STAGED as STAGED,
)
from .provenance import (
    CheckOutcome as CheckOutcome,
)
from .provenance import (
    Commit as Commit,
)
from .provenance import (
    InputVersion as InputVersion,
)
from .provenance import (
    Provenance as Provenance,
)
from .provenance import (
    TransactionType as TransactionType,
)
from .provenance import (
    read_commits as read_commits,
)
from .publish import (
    staged_files as staged_files,
)
from .storage import (
    Storage as Storage,
)
from .stored_types import (
    exact_cast as exact_cast,
)
from .stored_types import (
    is_list as is_list,
)
from .stored_types import (
    is_nested as is_nested,
)
from .stored_types import (
    is_stored_alike as is_stored_alike,
)
from .stored_types import (
    offsets_of as offsets_of,
)
from .stored_types import (
    storable as storable,
)
from .stored_types import (
    storable_schema as storable_schema,
)
from .stored_types import (
    type_refused as type_refused,
)
from .table import (
    FileEntry as FileEntry,
)
from .table import (
    InputView as InputView,
)
from .table import (
    Slice as Slice,
)
from .table import (
    TableVersion as TableVersion,
)
from .table import (
    full_view as full_view,
)
from .table import (
    link_files as link_files,
)
from .table import (
    list_files as list_files,
)
from .table import (
    require_rows as require_rows,
)
from .table import (
    version_at as version_at,
)
from .table import (
    version_of_transaction as version_of_transaction,
)
from .transaction import (
    StagedCommit as StagedCommit,
)
from .transaction import (
    Transaction as Transaction,
)
from .uris import (
    open_delta as open_delta,
)
from .uris import (
    storage_of as storage_of,
)
from .uris import (
    storage_path as storage_path,
)
from .vacuum import (
    remove_unused_files as remove_unused_files,
)
from .warehouse import (
    Warehouse as Warehouse,
)
