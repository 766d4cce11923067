"""Measure how long it takes to list a repository of 1,000 SQL transforms: `python benchmarks/thousand_sql_files.py`.

The `list` command runs in a process of its own, from the start of Python to its last line; the median of the rounds
counts. The statements have table expressions, windows, joins, unions, RIDs, hints and profiles; every tenth has a table
after a comma, which its tokens leave ambiguous, so that it is parsed into a syntax tree.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]
FILES, ROUNDS, GOAL = 1_000, 3, 5.0
RID = "ri.foundry.main.dataset.00000000-0000-0000-0000-{:012d}"
STATEMENT = """\
-- Orders of the last days by region, part {number}
CREATE TABLE `/Large/sql {number}` TBLPROPERTIES (foundry_transform_profiles = 'DRIVER_MEMORY_LARGE, NUM_EXECUTORS_8')
AS
WITH recent AS (
    SELECT o.*, ROW_NUMBER() OVER (PARTITION BY o.customer_id ORDER BY o.ordered_at DESC) AS place
    FROM `{first}` o
    WHERE o.ordered_at > DATE '2024-01-01' AND o.state NOT IN ('cancelled', 'returned')
),
totals AS (
    SELECT customer_id, SUM(amount) AS amount, COUNT(*) AS number, COUNT(DISTINCT product) AS products
    FROM `{second}`
    GROUP BY customer_id
    HAVING COUNT(*) > 1
)
SELECT /*+ BROADCAST(g) */
    r.customer_id, t.amount, g.name AS region,
    CASE WHEN t.number > 10 THEN 'many' WHEN t.number > 3 THEN 'some' ELSE 'few' END AS kind,
    CAST(r.amount / NULLIF(t.amount, 0) AS DECIMAL(18, 4)) AS share,
    DATEDIFF(CURRENT_DATE(), r.ordered_at) AS age
FROM recent r
LEFT JOIN totals t ON r.customer_id = t.customer_id
LEFT JOIN `/Large/raw/regions` g ON g.id = r.region_id AND g.valid_from <= r.ordered_at
WHERE r.place = 1
UNION ALL
SELECT customer_id, 0, 'none', 'none', NULL, NULL FROM {third}
"""


def make_repository(folder: Path, files: int) -> None:
    """Write a repository of so many SQL files, each of which reads up to two earlier ones."""
    for number in range(files):
        first = f"/Large/sql {number // 2}" if number > 1 else "/Large/raw/orders"
        second = f"/Large/sql {number // 3}" if number % 3 and number > 2 else RID.format(number % 20)
        third = "`/Large/raw/customers`" + (", `/Large/raw/days`" if number % 10 == 0 else "")
        file = folder / "transforms-sql" / "src" / "main" / "sql" / f"part {number // 50}" / f"sql {number}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(STATEMENT.format(number=number, first=first, second=second, third=third), encoding="utf-8")


def seconds_to_list(folder: Path, files: int) -> float:
    """Run the `list` command and return how long it took."""
    command = [sys.executable, str(PROJECT / "run_local.py"), "--repo", str(folder), "list", "--json"]
    began = time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    seconds = time.perf_counter() - began
    assert len(json.loads(printed)["transforms"]) == files
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--smallest", action="store_true", help="one round of 20 files: only to see that it runs")
    options = parser.parse_args(arguments)
    files, rounds = (20, 1) if options.smallest else (FILES, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        make_repository(Path(folder), files)
        measured = [seconds_to_list(Path(folder), files) for _ in range(rounds)]
    print(f"{files:,} SQL files listed in {statistics.median(measured):.2f} s (goal: {GOAL:g} s); rounds: ", end="")
    print(", ".join(f"{seconds:.2f}" for seconds in measured))


if __name__ == "__main__":
    main()
