"""The reports of a change: Markdown for a comment on a pull request, and one HTML page that needs no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from transforms_api.comparing.changes import DatasetDiff, ProjectDiff, SideVersion, Status
from transforms_api.comparing.rows import Drift, RowExample
from transforms_api.text import counted, html_templates, visible
from transforms_api.warehouse import ColumnName

MARK = "<!-- transforms-anywhere diff -->"
"""First line of the Markdown, by which a workflow recognizes its own comment."""
LONGEST = 65_536
"""Characters of a comment on GitHub."""
_LONGEST_VALUE = 80
_CONTEXT = 25
"""Characters shown before the first difference of two long values."""
_NOTHING = "·"
_LISTED = 6
"""Columns of a dataset that a text lists."""
_UNFOLDED = 12
"""Rows of a table of a section from which on it is folded."""


# Texts of values, shared by both reports


def value_text(value: Any) -> str:
    """Return a value as one line: texts without quotes, null as `null`, long values cut.

    Args:
        value: a value of a row.
    """
    return _cut(_full_text(value))


def value_texts(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as one line each; of long values, the part around the first difference.

    Args:
        before: the value in the base.
        after: the value in the change.
    """
    old, new = _full_text(before), _full_text(after)
    pairs = enumerate(zip(old, new, strict=False))
    same = next((i for i, (left, right) in pairs if left != right), min(len(old), len(new)))
    begin = same - _CONTEXT if max(len(old), len(new)) > _LONGEST_VALUE and same > _CONTEXT else 0
    start = "…" if begin else ""
    return _cut(start + old[begin:]), _cut(start + new[begin:])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _full_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        text = value if value else '""'
    elif isinstance(value, (bool, int, Decimal)):
        text = str(value).lower() if isinstance(value, bool) else str(value)
    elif isinstance(value, float):
        text = repr(value)
    elif isinstance(value, datetime):
        text = value.isoformat(sep=" ")
    elif isinstance(value, (date, bytes)):
        text = str(value)
    else:
        text = json.dumps(value, default=str, ensure_ascii=False)
    return visible(text, on_one_line=True)


def number_text(value: float | None) -> str:
    """Return a statistic with up to six significant digits, whole numbers in full.

    Args:
        value: the statistic; None: there are no values.
    """
    if value is None:
        return _NOTHING
    if value == int(value) if abs(value) < 1e15 else False:
        return f"{int(value):,}"
    return f"{value:,.2f}" if 100 <= abs(value) < 1e15 else f"{value:.6g}"


def change_text(before: float | None, after: float | None) -> str:
    """Return by how much a statistic changed: in percent, or as a number if it was zero.

    Args:
        before: the statistic in the base.
        after: the statistic in the change.
    """
    if before is None or after is None or before == after:
        return ""
    if before == 0:
        return f"{after - before:+.6g}"
    share = (after - before) / abs(before)
    return f"{share:+.1%}" if abs(share) >= 0.0005 else f"{share:+.1e}"


def row_text(row: Mapping[str, Any]) -> str:
    """Return a row as text: `name=value`, separated by commas.

    Args:
        row: column → value.
    """
    return ", ".join(f"{name}={value_text(value)}" for name, value in row.items())


def short_name(dataset: str) -> str:
    """Return the last part of a dataset's path.

    Args:
        dataset: the path.
    """
    return dataset.rpartition("/")[2]


def drift_rows(drift: Mapping[str, Drift]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield column, statistic, before, after and change, for each statistic that differs.

    Args:
        drift: column → both summaries.
    """
    for name, both in drift.items():
        for statistic, old in vars(both.before).items():
            new = getattr(both.after, statistic)
            if number_text(old) != number_text(new) or change_text(old, new):
                label = "values" if statistic == "values" else statistic
                yield name, label, number_text(old), number_text(new), change_text(old, new)


def column_lines(dataset: DatasetDiff) -> list[tuple[str, str, str]]:
    """Return mark (+, -, ~), column and type of each column that was added, removed or retyped.

    Args:
        dataset: the dataset.
    """
    if dataset.difference is None:
        return []
    difference = dataset.difference
    return [
        *(("+", name, kind) for name, kind in difference.columns_added.items()),
        *(("-", name, kind) for name, kind in difference.columns_removed.items()),
        *(("~", name, f"{old} → {new}") for name, (old, new) in difference.columns_retyped.items()),
    ]


def rows_text(before: SideVersion | None, after: SideVersion | None) -> str:
    """Return the number of rows before and after, or one number if both are the same.

    Args:
        before: the version of the base.
        after: the version of the change.
    """
    counts = [f"{side.rows:,}" if side else _NOTHING for side in (before, after)]
    return counts[0] if counts[0] == counts[1] else " → ".join(counts)


def matching_text(dataset: DatasetDiff) -> str:
    """Return how rows were matched, as a sentence; empty if rows were not compared.

    Args:
        dataset: the dataset.
    """
    if dataset.difference is None:
        return ""
    if dataset.difference.key:
        return f"Rows are matched by {', '.join(dataset.difference.key)}."
    why = dataset.difference.note or "the dataset has no primary key"
    return f"Whole rows are compared, since {why}: a changed row counts as one removed and one added."


def reach_rows(dataset: DatasetDiff) -> Iterator[tuple[str, str, list[list[str]]]]:
    """Yield, for each removed or changed column: its name, the change, and what it reaches.

    What it reaches are three lists of texts: columns computed from it, columns affected otherwise with datasets of
    unknown lineage, and parts of pages.

    Args:
        dataset: the dataset.
    """
    for reach in dataset.reaches:
        unknown = [f"{short_name(dataset)}: unknown" for dataset in reach.unknown]
        pages = [f"{page}: {', '.join(parts)}" for page, parts in reach.pages.items()]
        indirect = [*_columns_by_dataset(reach.indirect), *unknown]
        yield (
            reach.column,
            reach.change,
            [part or [_NOTHING] for part in (_columns_by_dataset(reach.direct), indirect, pages)],
        )


def _columns_by_dataset(columns: Sequence[ColumnName]) -> list[str]:
    """Return 'dataset: columns' for each dataset; of many columns the first ones and how many more there are."""
    names_by_dataset: dict[str, list[str]] = {}
    for column in columns:
        names_by_dataset.setdefault(short_name(column.dataset), []).append(column.column)
    return [
        f"{dataset}: {', '.join(names[:_LISTED])}{f' and {len(names) - _LISTED} more' if len(names) > _LISTED else ''}"
        for dataset, names in names_by_dataset.items()
    ]


def _totals(diff: DatasetDiff) -> list[str]:
    counts = [diff.count(change) for change in ("added", "removed", "changed")]
    return [_NOTHING if count is None else f"{count:,}" for count in counts]


# Markdown


def as_markdown(diff: ProjectDiff, limit: int = LONGEST) -> str:
    """Return the report as Markdown of GitHub: the summary first, then a section for each dataset that differs.

    Args:
        diff: the result of a comparison.
        limit: characters at most; sections that do not fit are left out, and a sentence says so.
    """
    sections = [_section(dataset) for dataset in diff.of(Status.FAILED, Status.CHANGED, Status.ADDED, Status.REMOVED)]
    head = "\n".join(_head(diff))
    if len(head) > limit - 1000:  # thousands of datasets
        head = head[: limit - 1000].rpartition("\n")[0]
    kept, size = list[str](), len(head)
    for section in sections:
        if size + len(section) + 1 > limit - 300:
            break
        kept.append(section)
        size += len(section) + 1
    left = len(sections) - len(kept)
    cut = (
        f"\n{left} of {len(sections)} sections are left out: a comment has {limit:,} characters at most. The HTML "
        "report has all of them.\n"
    )
    return "\n".join([head, *kept]) + (cut if left else "")


def _head(diff: ProjectDiff) -> Iterator[str]:
    yield MARK
    yield "## What the change does to the data\n"
    yield f"{_code(diff.change)} compared with {_code(diff.base)}\n"
    yield f"**{_escape(diff.summary[:1].upper() + diff.summary[1:])}**\n"
    for note in diff.notes:
        yield f"> {_escape(note)}\n"
    differing = diff.of(Status.FAILED, Status.CHANGED, Status.ADDED, Status.REMOVED)
    if differing:
        yield "| Dataset | | Rows | Added | Removed | Changed | Columns | Checks |"
        yield "|---|---|---:|---:|---:|---:|---|---|"
        for dataset in differing:
            columns = ", ".join(f"{mark}{_code(name)}" for mark, name, _ in column_lines(dataset)[:5])
            more = f" and {len(column_lines(dataset)) - 5} more" if len(column_lines(dataset)) > 5 else ""
            checks = ", ".join(_code(check.name) for check in dataset.checks)
            rows = rows_text(dataset.before, dataset.after)
            cells = [_code(short_name(dataset.dataset)), dataset.status.value, rows, *_totals(dataset)]
            yield f"| {' | '.join([*cells, columns + more, checks])} |"
        yield ""
    if unchanged := diff.of(Status.UNCHANGED):
        names = ", ".join(_code(short_name(dataset.dataset)) for dataset in unchanged)
        yield f"**Unchanged** (same rows, columns and checks): {names}\n"


def _section(dataset: DatasetDiff) -> str:
    lines = [f"### {_code(dataset.dataset)}: {dataset.status.value}\n"]
    facts = [f"Why: {_escape(dataset.reason)}." if dataset.reason else "", _escape(matching_text(dataset))]
    lines.append(" ".join(filter(None, facts)) + "\n")
    if dataset.problem:
        lines.append(_fenced(dataset.problem.splitlines()))
    if columns := column_lines(dataset):
        lines.append("**Columns**\n")
        lines += [f"- {_MARKS[mark]} {_code(name)} {_code(kind)}" for mark, name, kind in columns]
        lines.append("")
    if dataset.checks:
        lines.append("**Checks**\n")
        lines += [f"- {_check_text(dataset, i)}" for i in range(len(dataset.checks))]
        lines.append("")
    if dataset.files:
        more = [f"… and {len(dataset.files) - 20:,} more"] if len(dataset.files) > 20 else []
        lines.append(_fenced([*dataset.files[:20], *more]))
    lines += [*_reach_table(dataset), *_changed_values(dataset), *_row_examples(dataset), *_drift_table(dataset)]
    lines += [f"> {_escape(note)}\n" for note in dataset.notes]
    return "\n".join(lines)


_MARKS = {"+": "added", "-": "removed", "~": "has another type:"}


def _check_text(dataset: DatasetDiff, position: int) -> str:
    check = dataset.checks[position]
    mark = "⚠️ " if check.is_worse else ""
    before, after = (_escape(side) if side else "does not exist" for side in (check.before, check.after))
    return f"{mark}{_code(check.name)}: {before} → {after}"


def _reach_table(dataset: DatasetDiff) -> Iterator[str]:
    rows = list(reach_rows(dataset))
    if not rows:
        return
    is_long = len(rows) > _UNFOLDED
    yield (
        f"<details><summary>What the {len(rows)} removed and changed columns reach</summary>\n"
        if is_long
        else "**What the removed and changed columns reach**\n"
    )
    yield "| Column | | Computed from it | Affected otherwise | Pages |"
    yield "|---|---|---|---|---|"
    for name, change, reached in rows:
        cells = ("<br>".join(map(_escape, part)) for part in reached)
        yield f"| {_code(name)} | {change} | {' | '.join(cells)} |"
    yield "\n</details>\n" if is_long else ""


def _changed_values(dataset: DatasetDiff) -> Iterator[str]:
    difference = dataset.difference
    if difference is None or not difference.values:
        return
    rows = difference.rows["changed"]
    yield f"**Changed values** in {counted(rows, 'row')}\n"
    yield f"| Column | Rows | {' | '.join(map(_code, difference.key))} | Before | After |"
    yield f"|---|---:|{'---|' * len(difference.key)}---|---|"
    for name, count in difference.values.items():
        for i, example in enumerate(difference.value_examples.get(name, [])):
            first = [_code(name), f"{count:,}"] if i == 0 else ["", ""]
            values = [*map(value_text, example.key.values()), *value_texts(example.before, example.after)]
            yield f"| {' | '.join([*first, *map(_code, values)])} |"
    yield ""


def _row_examples(dataset: DatasetDiff) -> Iterator[str]:
    difference = dataset.difference
    examples = [example for example in difference.examples if example.change != "changed"] if difference else []
    if examples:
        yield "**Rows added (+) and removed (-)**, the first ones\n"
        yield _fenced([_example_line(example) for example in examples], "diff")


def _example_line(example: RowExample) -> str:
    row, mark = (example.before, "-") if example.after is None else (example.after, "+")
    return f"{mark} {row_text(row or {})}"


def _drift_table(dataset: DatasetDiff) -> Iterator[str]:
    rows = list(drift_rows(dataset.difference.drift)) if dataset.difference else []
    if rows:
        columns = counted(len({name for name, *_ in rows}), "column")
        yield f"<details><summary>Numbers that drift, in {columns}</summary>\n"
        yield "| Column | | Before | After | Change |"
        yield "|---|---|---:|---:|---:|"
        for name, *cells in rows:
            yield f"| {_code(name)} | {' | '.join(cells)} |"
        yield "\n</details>\n"


def _code(text: str) -> str:
    """Return a text as code in a table: no character of it is markup, a link or a mention."""
    line = visible(text, on_one_line=True).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") or not line.strip() else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def _escape(text: str) -> str:
    """Return a text as Markdown without markup: HTML, mentions and links are shown as they are written."""
    line = " ".join(visible(text).split())
    line = re.sub(r"([\\`*_\[\]|#~])", r"\\\1", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@<!-- -->")


def _fenced(lines: Sequence[str], language: str = "") -> str:
    text = "\n".join(visible(line, on_one_line=True) for line in lines)
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


# HTML


def as_html(diff: ProjectDiff) -> str:
    """Return the report as one HTML page, in a light and a dark style, without links to other files.

    Args:
        diff: the result of a comparison.
    """
    templates = html_templates("transforms_api.comparing")
    helpers = (
        value_text, value_texts, counted, rows_text, short_name, column_lines, matching_text, drift_rows, reach_rows,
    )  # fmt: skip
    templates.globals.update({helper.__name__: helper for helper in helpers})
    differing = diff.of(Status.FAILED, Status.CHANGED, Status.ADDED, Status.REMOVED)
    return templates.get_template("diff.html.j2").render(
        diff=diff, differing=differing, unchanged=diff.of(Status.UNCHANGED), totals=_totals, columns_of_rows=_columns_of
    )


def _columns_of(examples: Iterable[RowExample]) -> list[str]:
    """Return the columns of the rows of examples."""
    rows = (example.before or example.after or {} for example in examples)
    return list(dict.fromkeys(name for row in rows for name in row))
