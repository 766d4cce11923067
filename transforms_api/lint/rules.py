"""The rules, all in one place, and what is said where one is broken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """What is looked for.

    Attributes:
        says: what the code does, after 'this module'.
        fix: what to do about it.
    """

    code: str
    says: str
    fix: str


@dataclass(frozen=True, order=True)
class Finding:
    """A place where a rule is broken; lines and columns count from 1."""

    file: Path
    line: int
    column: int
    code: str
    message: str

    @property
    def fix(self) -> str:
        """What to do about it."""
        return RULES[self.code].fix


RULES = {
    rule.code: rule
    for rule in (
        Rule(
            "F101",
            "imports a library that the repository does not declare, so Foundry does not have it",
            "Declare it under `requirements: run` of conda_recipe/meta.yaml, or do without it.",
        ),
        Rule(
            "F102",
            "imports the local runtime, which Foundry does not have",
            "Import from `transforms.api`, or move what needs the runtime out of the modules that transforms import.",
        ),
        Rule(
            "F201",
            "asks Python's clock, so each build gives other rows, and a naive time is in the machine's own time zone",
            "Take it from the data or a parameter; a column that just records the build is `F.current_timestamp()`.",
        ),
        Rule(
            "F202",
            "computes with Spark's clock, so rows depend on when they were built, and grow old without becoming stale",
            "Take the day from the data or a parameter; a column that just records the build may have it.",
        ),
        Rule(
            "F203",
            "draws by chance without a seed, so each build gives other rows",
            "Draw from `random.Random(seed)` or `numpy.random.default_rng(seed)`; make ids from the row's own key.",
        ),
        Rule(
            "F204",
            "lets Spark draw without a seed, so each build gives other rows",
            "Give a seed; make ids from the row's own key: `F.sha2(key, 256)`.",
        ),
        Rule(
            "F205",
            "keeps numbers by partition, which are others on each number of partitions, here and on Foundry",
            "Use `F.row_number()` over a window with an order by a key, or `F.xxhash64` of the key.",
        ),
        Rule(
            "F301",
            "reads or writes a file of its machine, which Foundry's machines do not have or keep",
            "Make the file a dataset and read it by `Input(…)` and `filesystem()`; ship constants in the package.",
        ),
        Rule(
            "F302",
            "calls the network, which Foundry allows to external systems alone",
            "Declare a `Source` by `@external_systems` and use its client.",
        ),
        Rule(
            "F401",
            "uses what Spark 4 has and Foundry's Spark 3.5 lacks",
            "Use what Spark 3.5 has; SQL functions that lack a Python name there can be called by `F.expr`.",
        ),
        Rule(
            "F402",
            "fetches all rows of a dataset into the driver, whose memory Foundry's data can exceed",
            "Stay in Spark, or `limit`, aggregate, or take the distinct values of a column first.",
        ),
        Rule(
            "F501",
            "names a dataset by neither an absolute path nor a RID, or with a doubled slash or blanks around it",
            "Write the path from the root, as in '/Project/folder/dataset'.",
        ),
        Rule(
            "F502",
            "declares a transform that no discovery finds, so it is never built",
            "Discover its package, which needs an `__init__.py`, or put it in a variable or list of a module.",
        ),
        Rule(
            "F503",
            "cannot be imported here, so its transforms cannot be built here",
            "Correct the error, or install the library that is missing.",
        ),
        Rule(
            "F601",
            "uses what only Foundry has; a build here refuses it",
            "Build it on Foundry. Import here the datasets that it writes, if any: `import FOLDER --dataset PATH`.",
        ),
        Rule(
            "F901",
            "has a comment that silences nothing",
            "Remove the comment, or name the code of a finding on its line: `# lint: ignore[F201]`.",
        ),
    )
}
