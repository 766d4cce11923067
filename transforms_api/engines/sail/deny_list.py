"""The deny list: what Sail computes differently from Spark, lacks, or has no probe for.

It is conformance.json, which scripts/check-engines writes: the status of each probe, and the public names of PySpark
without a probe. There is no list by hand.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms_api.engines.sail.kinds import DECIMAL, DOUBLE, STRUCT

_FILE = Path(__file__).with_name("conformance.json")
_KINDS = {
    "decimals": (DECIMAL,), "decimals and doubles": (DECIMAL, DOUBLE), "doubles": (DOUBLE,),
    "doubles to texts": (DOUBLE,), "structs": (STRUCT,), "arrays of structs": (STRUCT,),
    "computed arrays of structs": (STRUCT,),
}  # fmt: skip
"""Case of a probe → the kinds of columns that it concerns: calls that compute columns of each of them."""


@dataclass(frozen=True)
class Unsupported:
    """A name in a transform's code that keeps the transform from Sail.

    Attributes:
        name: name of the probe, such as `functions.percentile`; with its case in brackets, if only that case fails.
        status: `differs`, `missing` or `unprobed`.
        file: path of the source file.
        line: line in it, from 1.
    """

    name: str
    status: str
    file: str
    line: int


@dataclass(frozen=True)
class Rule:
    """A probe that is not equal, and the calls that it concerns.

    Attributes:
        name: name of the probe, with its case in brackets.
        status: `differs`, `missing` or `unprobed`.
        when: pattern of the arguments of the calls that it concerns; None: it concerns all.
        kinds: kinds of columns that it concerns, DECIMAL, STRUCT or DOUBLE; empty: it concerns all.
    """

    name: str
    status: str
    when: re.Pattern[str] | None = None
    kinds: tuple[str, ...] = ()

    def at(self, file: str, line: int) -> Unsupported:
        """Return the finding of this rule.

        Args:
            file: path of the source file.
            line: line in it, from 1.
        """
        return Unsupported(self.name, self.status, file, line)


@dataclass(frozen=True)
class DenyList:
    """The conformance table by name.

    Attributes:
        known: names with at least one probe.
        rules: name → its probes that are not equal.
        unprobed: public names of PySpark without a probe.
        properties: public names of PySpark's classes that are properties, which cannot be called.
        version: version of pysail that was probed.
    """

    known: frozenset[str]
    rules: dict[str, tuple[Rule, ...]]
    unprobed: frozenset[str]
    properties: frozenset[str]
    version: str

    def name_in_sql(self, function: str) -> str:
        """Return the name of the probe of a function in SQL text, which the client does not correct.

        Args:
            function: name of the function.
        """
        own = f"sql.{function.lower()}()"
        return own if own in self.known else f"functions.{function.lower()}"

    def failing(self, name: str, arguments: str | None) -> Iterator[Rule]:
        """Yield what fails of a name; a rule of a kind of columns, too, if the call may concern columns of this kind.

        Args:
            name: such as `functions.upper`.
            arguments: text of the call's arguments. None: unknown, so that every case counts.
        """
        if name not in self.known:
            yield Rule(name, "unprobed")
        for rule in self.rules.get(name, ()):
            if arguments is None or rule.when is None or rule.when.search(arguments):
                yield rule


@functools.cache
def deny_list() -> DenyList:
    """Return the checked-in deny list."""
    content = json.loads(_FILE.read_text(encoding="utf-8"))
    rules: dict[str, tuple[Rule, ...]] = {}
    for probe in content["probes"]:
        name, case = probe["name"], probe.get("case")
        if probe["status"] == "equal" or probe.get("edge"):
            continue
        when = re.compile(probe["when"], re.DOTALL) if probe.get("when") else None
        rule = Rule(f"{name} [{case}]" if case else name, probe["status"], when, _KINDS.get(case, ()))
        rules[name] = (*rules.get(name, ()), rule)
    return DenyList(
        frozenset(probe["name"] for probe in content["probes"]),
        rules,
        _names_of_this_pyspark(content["unprobed"]),
        frozenset(content["properties"]),
        content["pysail"],
    )


def _names_of_this_pyspark(by_version: dict[str, list[str]]) -> frozenset[str]:
    """Return the names without a probe that the installed PySpark has; those of all versions if it was not probed."""
    line = ".".join(importlib.metadata.version("pyspark").split(".")[:2])
    return frozenset(by_version.get(line) or itertools.chain.from_iterable(by_version.values()))


@functools.cache
def probes_digest() -> str:
    """Return the digest of what a proof by the probes rests on: deny list, scan and the corrections of the client."""
    digest = hashlib.sha256()
    for file in (*sorted(_FILE.parent.glob("*.py")), _FILE):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def probed_version() -> str:
    """Return the version of pysail that the probes have compared with Spark."""
    return deny_list().version
