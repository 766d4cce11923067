"""`list`: the transforms in build order."""

from __future__ import annotations

import json

import typer

from transforms_api.cli.arguments import JsonOption
from transforms_api.cli.build import graph_of
from transforms_api.cli.settings import read_settings


def list_transforms(as_json: JsonOption = False) -> None:
    """List the transforms in build order, with file, inputs and outputs. Starts no Spark."""
    entries = [
        {
            "transform": transform.reference,
            "file": transform.location,
            "inputs": transform.reads,
            "outputs": transform.writes,
        }
        for transform in graph_of(read_settings()).order
    ]
    if as_json:
        typer.echo(json.dumps(entries, indent=2))
        return
    for number, entry in enumerate(entries, 1):
        typer.echo(f"{number:>3}  {entry['transform']}\n     {entry['file']}")
        for verb, datasets in (("reads", entry["inputs"]), ("writes", entry["outputs"])):
            for dataset in datasets:
                typer.echo(f"       {verb:<6} {dataset}")
