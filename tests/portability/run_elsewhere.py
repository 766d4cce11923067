"""Runs an exported pipeline under foundry-dev-tools-transforms: `python run_elsewhere.py TASK`, TASK a JSON file.

The task has `source` (the export's folder `src`), `datasets` (all that the pipeline writes, in build order), `settings`
(Spark's), `cache` (folder for the rows) and `report` (file for what `run` returns). Network and account are not needed.
"""

import importlib.metadata
import importlib.util
import json
import os
import sys
from pathlib import Path

import lacking
from foundry_dev_tools import Config, FoundryContext, JWTTokenProvider
from foundry_dev_tools.utils.caches.spark_caches import DiskPersistenceBackedSparkCache
from pyspark.sql import SparkSession

import transforms

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse_network(event, arguments):
    """Raise an OSError for each connection to, or look-up of, another machine: an audit hook of Python's."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        machine = arguments[1][0]
    elif event == "socket.getaddrinfo":
        machine = arguments[0]
    else:
        return
    if machine not in LOOPBACK:
        raise OSError(f"The network is closed here, and {machine} was called.")


def start_spark(settings):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("elsewhere")
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def discovered(source):
    """Return the transforms of the entry point that the export's setup.py declares, by the dataset that each writes."""
    sys.path.insert(0, source)
    [root] = importlib.metadata.entry_points(group="transforms.pipelines", name="root")
    return {spec.alias: transform for transform in root.load().transforms for spec in transform.outputs.values()}


def identity(number, dataset):
    """Return what their cache calls a dataset."""
    transaction = f"ri.foundry.main.transaction.{number}"
    return {
        "dataset_path": dataset,
        "dataset_rid": f"ri.foundry.main.dataset.{number}",
        "last_transaction_rid": transaction,
        "last_transaction": {"rid": transaction, "transaction": {}},
    }


def run(source, datasets, settings, cache):
    """Compute the datasets in this order and return what was found, and where in `cache` the rows of each are.

    Transforms get inputs, outputs and context of the other implementation, which reads inputs from its cache of
    datasets and nowhere else; what a transform wrote is put there for those after it.
    """
    config = Config(cache_dir=cache, transforms_freeze_cache=True)
    context = FoundryContext(config, JWTTokenProvider("foundry.invalid", "no-account"))
    stand_ins = lacking.stand_in()
    project = discovered(source)
    start_spark(settings)
    rows, kept = {}, DiskPersistenceBackedSparkCache(context)
    for number, dataset in enumerate(datasets):
        names = {spec.alias: name for name, spec in project[dataset].outputs.items()}
        kept[identity(number, dataset)] = project[dataset].compute(context)[names[dataset]]
        rows[dataset] = str(kept.get_path_to_local_dataset(identity(number, dataset)))
    return {
        "transforms": transforms.__file__,
        "has_our_runtime": importlib.util.find_spec("transforms_api") is not None,
        "stand_ins": stand_ins,
        "found": sorted(project),
        "rows": rows,
    }


if __name__ == "__main__":
    sys.addaudithook(refuse_network)
    task = json.loads(Path(sys.argv[1]).read_text())
    report = Path(task.pop("report"))
    report.write_text(json.dumps(run(**task)))
