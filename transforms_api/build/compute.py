"""The call of a compute function, by the convention of its decorator."""

from __future__ import annotations

import threading
from typing import Any

from pyspark.sql import DataFrame

from transforms_api.build.hands import Hands
from transforms_api.declare.transform import Convention, Engine, Transform
from transforms_api.errors import ComputeError, TransformsError, WriteError
from transforms_api.runtime.context import JobAborted
from transforms_api.runtime.driver import Session
from transforms_api.runtime.engine_errors import sentence_of, text_of
from transforms_api.store.delta_log import TableVersion


def compute(transform: Transform[Any, Any], hands: Hands, spark: Session) -> bool:
    """Call the function, let what it returns be written, and tell whether the job was not aborted by `abort_job()`.

    Raises:
        ComputeError: the function raised; the cause has its own traceback.
        WriteError: what it wrote or returned cannot become a dataset.
    """
    try:
        if transform.engine is Engine.SPARK:
            spark()  # a function may build columns, F.lit(…), before it asks for anything that needs the session
        if transform.convention is Convention.OBJECTS:
            transform(**hands.others, **hands.inputs, **hands.outputs)
        else:
            [output] = hands.outputs.values()
            frames = {name: _frame(transform.convention, source) for name, source in hands.inputs.items()}
            _write(transform, output, transform(**hands.others, **frames))
    except JobAborted:
        return False
    except TransformsError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise  # Ctrl-C, not what the function raised: jobs of builds run in other threads
        raise ComputeError(sentence_of(error, _read_by(hands)) or text_of(error)) from error
    return True


def _read_by(hands: Hands) -> list[TableVersion]:
    inputs = [one for given in hands.inputs.values() for one in (given if isinstance(given, list) else [given])]
    return [one.view.version for one in inputs if hasattr(one, "view")]  # rows of a test may be in no table


def _frame(convention: Convention, source: Any) -> Any:
    if isinstance(source, list):
        return [_frame(convention, one) for one in source]
    if convention is Convention.PANDAS:
        return source.spark_like_pandas()
    return source.polars() if convention is Convention.POLARS else source.dataframe()


def _write(transform: Transform[Any, Any], output: Any, result: Any) -> None:
    expected, library, names = {
        Convention.DATAFRAMES: ("Spark", "pyspark", ("DataFrame",)),
        Convention.PANDAS: ("pandas", "pandas", ("DataFrame",)),
        Convention.POLARS: ("Polars", "polars", ("DataFrame", "LazyFrame")),
    }[transform.convention]
    kind = type(result)
    fits = kind.__module__.partition(".")[0] == library and kind.__name__ in names
    if not (fits or (library == "pyspark" and isinstance(result, DataFrame))):
        raise WriteError(
            f"{transform.location}: transform '{transform.__name__}' has to return a {expected} DataFrame, "
            f"not a {kind.__name__}."
        )
    output.write_dataframe(result)
