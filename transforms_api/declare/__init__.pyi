from .decorators import (
    ComputeBackend as ComputeBackend,
    configure as configure,
    external_systems as external_systems,
    incremental as incremental,
    lightweight as lightweight,
    transform as transform,
    transform_df as transform_df,
    transform_pandas as transform_pandas,
    transform_polars as transform_polars,
)
from .inputs_outputs import (
    BoundInput as BoundInput,
    BoundOutput as BoundOutput,
    Input as Input,
    InputSet as InputSet,
    Output as Output,
    OutputSet as OutputSet,
    TableInput as TableInput,
    TableOutput as TableOutput,
    bind_output as bind_output,
    check_dataset_path as check_dataset_path,
)
from .parameters import (
    BooleanParam as BooleanParam,
    FloatParam as FloatParam,
    FoundryInputParam as FoundryInputParam,
    FoundryOutputParam as FoundryOutputParam,
    IntegerParam as IntegerParam,
    Markings as Markings,
    OpenAiGptChatLanguageModelInput as OpenAiGptChatLanguageModelInput,
    OrgMarkings as OrgMarkings,
    Param as Param,
    ParamValueInput as ParamValueInput,
    Source as Source,
    StringParam as StringParam,
)
from .pipeline import (
    Failure as Failure,
    Pipeline as Pipeline,
    collect_failures as collect_failures,
    forget_iterators as forget_iterators,
    import_or_report as import_or_report,
    report_failure as report_failure,
    transforms_of as transforms_of,
)
from .stubs import (
    ContainerTransformsConfiguration as ContainerTransformsConfiguration,
    Dataset as Dataset,
    ParamContext as ParamContext,
    stub_package as stub_package,
)
from .transforms import (
    CONTEXT as CONTEXT,
    ContainerTransform as ContainerTransform,
    Convention as Convention,
    Engine as Engine,
    Incremental as Incremental,
    Transform as Transform,
    wants_context as wants_context,
)
