from .decorators import (
    ComputeBackend as ComputeBackend,
)
from .decorators import (
    configure as configure,
)
from .decorators import (
    external_systems as external_systems,
)
from .decorators import (
    incremental as incremental,
)
from .decorators import (
    lightweight as lightweight,
)
from .decorators import (
    transform as transform,
)
from .decorators import (
    transform_df as transform_df,
)
from .decorators import (
    transform_pandas as transform_pandas,
)
from .decorators import (
    transform_polars as transform_polars,
)
from .inputs_outputs import (
    BoundInput as BoundInput,
)
from .inputs_outputs import (
    BoundOutput as BoundOutput,
)
from .inputs_outputs import (
    FoundryInputParam as FoundryInputParam,
)
from .inputs_outputs import (
    FoundryOutputParam as FoundryOutputParam,
)
from .inputs_outputs import (
    Input as Input,
)
from .inputs_outputs import (
    InputSet as InputSet,
)
from .inputs_outputs import (
    Markings as Markings,
)
from .inputs_outputs import (
    OpenAiGptChatLanguageModelInput as OpenAiGptChatLanguageModelInput,
)
from .inputs_outputs import (
    OrgMarkings as OrgMarkings,
)
from .inputs_outputs import (
    Output as Output,
)
from .inputs_outputs import (
    OutputSet as OutputSet,
)
from .inputs_outputs import (
    Param as Param,
)
from .inputs_outputs import (
    Source as Source,
)
from .inputs_outputs import (
    check_dataset_path as check_dataset_path,
)
from .inputs_outputs import (
    inputs_in as inputs_in,
)
from .inputs_outputs import (
    outputs_in as outputs_in,
)
from .parameters import (
    BooleanParam as BooleanParam,
)
from .parameters import (
    FloatParam as FloatParam,
)
from .parameters import (
    IntegerParam as IntegerParam,
)
from .parameters import (
    ParamValueInput as ParamValueInput,
)
from .parameters import (
    StringParam as StringParam,
)
from .pipeline import (
    Failure as Failure,
)
from .pipeline import (
    Pipeline as Pipeline,
)
from .pipeline import (
    collect_failures as collect_failures,
)
from .pipeline import (
    forget_iterators as forget_iterators,
)
from .pipeline import (
    import_or_report as import_or_report,
)
from .pipeline import (
    report_failure as report_failure,
)
from .pipeline import (
    transforms_of as transforms_of,
)
from .stubs import (
    ContainerTransformsConfiguration as ContainerTransformsConfiguration,
)
from .stubs import (
    Dataset as Dataset,
)
from .stubs import (
    IncrementalTableTransformInput as IncrementalTableTransformInput,
)
from .stubs import (
    ParamContext as ParamContext,
)
from .stubs import (
    TableTransformInput as TableTransformInput,
)
from .stubs import (
    stub_package as stub_package,
)
from .transforms import (
    CONTEXT as CONTEXT,
)
from .transforms import (
    ContainerTransform as ContainerTransform,
)
from .transforms import (
    Convention as Convention,
)
from .transforms import (
    Engine as Engine,
)
from .transforms import (
    Incremental as Incremental,
)
from .transforms import (
    Transform as Transform,
)
from .transforms import (
    wants_context as wants_context,
)
