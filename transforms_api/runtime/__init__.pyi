from .context import (
    IncrementalTransformContext as IncrementalTransformContext,
)
from .context import (
    JobAborted as JobAborted,
)
from .context import (
    LightweightContext as LightweightContext,
)
from .context import (
    TransformContext as TransformContext,
)
from .external_sources import (
    ResolvedSource as ResolvedSource,
)
from .files import (
    FileStatus as FileStatus,
)
from .files import (
    FileSystem as FileSystem,
)
from .inputs import (
    IncrementalTransformInput as IncrementalTransformInput,
)
from .inputs import (
    TransformInput as TransformInput,
)
from .inputs import (
    column_descriptions as column_descriptions,
)
from .inputs import (
    column_typeclasses as column_typeclasses,
)
from .inputs import (
    dataset_rid as dataset_rid,
)
from .language_models import (
    ChatMessage as ChatMessage,
)
from .language_models import (
    ChatMessageRole as ChatMessageRole,
)
from .language_models import (
    Endpoint as Endpoint,
)
from .language_models import (
    GptChatCompletionRequest as GptChatCompletionRequest,
)
from .language_models import (
    GptChatCompletionResponse as GptChatCompletionResponse,
)
from .language_models import (
    OpenAiGptChatLanguageModel as OpenAiGptChatLanguageModel,
)
from .language_models import (
    endpoint_of as endpoint_of,
)
from .language_models import (
    redact_key as redact_key,
)
from .language_models import (
    told as told,
)
from .output_state import (
    OutputState as OutputState,
)
from .output_state import (
    accepting_writes as accepting_writes,
)
from .outputs import (
    IncrementalTransformOutput as IncrementalTransformOutput,
)
from .outputs import (
    TransformOutput as TransformOutput,
)
from .outputs import (
    described as described,
)
from .outputs import (
    refuse_arguments as refuse_arguments,
)
from .pandas_frames import (
    from_objects as from_objects,
)
from .pandas_frames import (
    python_rows as python_rows,
)
from .single_node_inputs import (
    IncrementalLightweightInput as IncrementalLightweightInput,
)
from .single_node_inputs import (
    LightweightInput as LightweightInput,
)
from .single_node_outputs import (
    IncrementalLightweightOutput as IncrementalLightweightOutput,
)
from .single_node_outputs import (
    LightweightOutput as LightweightOutput,
)
from .single_node_outputs import (
    as_arrow as as_arrow,
)
from .verbs import (
    sanitize_schema_for_parquet as sanitize_schema_for_parquet,
)
from .verbs import (
    undocumented_functions as undocumented_functions,
)
from .verbs import (
    union_many as union_many,
)
