"""Import 1,000,000 deals with 10,000,000 activities from CSV files: how long it takes, and how much memory.

    .venv/bin/python benchmarks/crm_import.py                       # 1,000,000 deals, 10 activities each
    .venv/bin/python benchmarks/crm_import.py --deals 10000

The files are the same each time. The import runs in a process of its own, whose peak memory the kernel reports.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

MAPPING = """
loader = "transforms.revops.crm.load:load"
today = 2024-11-15
date_formats = ["YYYY-MM-DD"]

[opportunities]
file = "deals.csv"
[opportunities.columns]
id = "id"
name = "name"
rep = "rep"
account = "account"
stage = "stage"
amount = "amount"
opened_on = "opened"
close_date = "closes"
[opportunities.stages]
Lead = "Prospecting"
Offer = "Proposal"
Won = "Closed Won"
Lost = "Closed Lost"

[activities]
file = "activities.csv"
[activities.columns]
id = "id"
deal = "deal"
type = "type"
at = "at"
rep = "rep"
"""
STAGES = ["Lead", "Offer", "Won", "Lost"]
TYPES = ["call", "email", "meeting", "demo"]


def write_export(folder: Path, deals: int, activities: int) -> None:
    """Write deals.csv, activities.csv and the mapping.

    Args:
        folder: where to write.
        deals: number of deals.
        activities: number of activities per deal.
    """
    number = pl.int_range(0, deals, eager=True)
    stage = (number % 4).replace_strict(list(range(4)), STAGES)
    day = pl.select(pl.date(2024, 1, 1) + pl.duration(days=number % 200)).to_series()
    closes = pl.select(day + pl.duration(days=30 + number % 60)).to_series()
    pl.DataFrame({
        "id": pl.select(pl.format("D{}", number)).to_series(),
        "name": pl.select(pl.format("Deal {}", number)).to_series(),
        "rep": pl.select(pl.format("Rep {}", number % 500)).to_series(),
        "account": pl.select(pl.format("Account {}", number % 50_000)).to_series(),
        "stage": stage, "amount": 1000 + number % 90_000, "opened": day, "closes": closes,
    }).write_csv(folder / "deals.csv")  # fmt: skip
    row = pl.col("row")
    (
        pl.LazyFrame().select(row=pl.int_range(0, deals * activities))
        .select(
            id=pl.format("A{}", row),
            deal=pl.format("D{}", row % deals),
            type=(row % 4).replace_strict(list(range(4)), TYPES),
            at=pl.date(2024, 3, 1) + pl.duration(days=row % 250),
            rep=pl.format("Rep {}", row % 500),
        )
        .sink_csv(folder / "activities.csv")
    )  # fmt: skip
    (folder / "mapping.toml").write_text(MAPPING)


def main(arguments: list[str] | None = None) -> None:
    """Write the files, import them and print time and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--activities", type=int, default=10, help="per deal")
    parser.add_argument("--smallest", action="store_true", help="1,000 deals")
    chosen = parser.parse_args(arguments)
    if chosen.smallest:
        chosen.deals = 1_000
    with tempfile.TemporaryDirectory(prefix="crm-import-") as root:
        folder = Path(root)
        write_export(folder, chosen.deals, chosen.activities)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        print(f"{chosen.deals:,} deals, {chosen.deals * chosen.activities:,} activities, {size:,.0f} MB", flush=True)
        command = [sys.executable, "run_local.py", "import", root, "--mapping", f"{root}/mapping.toml"]
        begun = time.perf_counter()
        subprocess.run([*command, "--warehouse", f"{root}/warehouse"], check=True, cwd=Path(__file__).parents[1])
        seconds = time.perf_counter() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime
        print(f"{seconds:.1f} s ({cpu:.1f} s of CPU time), {used.ru_maxrss / 1024**2:.2f} GB at most")


if __name__ == "__main__":
    main()
