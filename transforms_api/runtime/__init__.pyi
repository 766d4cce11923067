from .context import (
    IncrementalTransformContext as IncrementalTransformContext,
    JobAborted as JobAborted,
    LightweightContext as LightweightContext,
    ResolvedSource as ResolvedSource,
    TransformContext as TransformContext,
)
from .files import (
    FileStatus as FileStatus,
    FileSystem as FileSystem,
)
from .inputs import (
    IncrementalLightweightInput as IncrementalLightweightInput,
    IncrementalTransformInput as IncrementalTransformInput,
    LightweightInput as LightweightInput,
    TransformInput as TransformInput,
    column_descriptions as column_descriptions,
    column_typeclasses as column_typeclasses,
    dataset_rid as dataset_rid,
)
from .language_models import (
    ChatMessage as ChatMessage,
    ChatMessageRole as ChatMessageRole,
    Endpoint as Endpoint,
    GptChatCompletionRequest as GptChatCompletionRequest,
    GptChatCompletionResponse as GptChatCompletionResponse,
    OpenAiGptChatLanguageModel as OpenAiGptChatLanguageModel,
    endpoint_of as endpoint_of,
    model_version as model_version,
    redact_key as redact_key,
)
from .output_state import (
    OutputState as OutputState,
    accepting_writes as accepting_writes,
)
from .outputs import (
    IncrementalTransformOutput as IncrementalTransformOutput,
    TransformOutput as TransformOutput,
    describe_columns as describe_columns,
    refuse_arguments as refuse_arguments,
    with_iceberg_types as with_iceberg_types,
)
from .pandas_frames import (
    from_objects as from_objects,
    python_rows as python_rows,
)
from .single_node_outputs import (
    IncrementalLightweightOutput as IncrementalLightweightOutput,
    LightweightOutput as LightweightOutput,
    as_arrow as as_arrow,
)
from .tables import (
    IcebergInput as IcebergInput,
    IncrementalTableLightweightInput as IncrementalTableLightweightInput,
    IncrementalTableLightweightOutput as IncrementalTableLightweightOutput,
    IncrementalTableTransformInput as IncrementalTableTransformInput,
    IncrementalTableTransformOutput as IncrementalTableTransformOutput,
    TableLightweightInput as TableLightweightInput,
    TableLightweightOutput as TableLightweightOutput,
    TableTransformInput as TableTransformInput,
    TableTransformOutput as TableTransformOutput,
)
from .verbs import (
    sanitize_schema_for_parquet as sanitize_schema_for_parquet,
    undocumented_functions as undocumented_functions,
    union_many as union_many,
)
