"""The dictionary as HTML pages, which open from a disk: an index, a page for each dataset, a style and a search.

A page that a dictionary no longer has is removed when the dictionary is written again.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from transforms_api.catalog.entries import Entry
from transforms_api.catalog.pictures import MARKS, counts_of, short_names, svg_picture
from transforms_api.errors import EnvironmentProblem
from transforms_api.text import html_templates, visible

GENERATOR = "transforms-anywhere docs"
"""What each page says that it was made by."""

_FILES = ("style.css", "search.js")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")
_CODE = re.compile(r"(`+)(.+?)\1")
_LONGEST = 100
"""Characters of a page's name; disks have room for 255 bytes."""


def render_pages(entries: Mapping[str, Entry], title: str) -> dict[str, str]:
    """Return the pages of a data dictionary: path in its folder → content; deterministic.

    Args:
        entries: dataset path → entry.
        title: name of the project.
    """
    names = page_names(entries)
    states = {dataset: entry.state for dataset, entry in entries.items()}
    templates = _templates()
    shared = {
        "entries": entries,
        "names": names,
        "short": short_names(entries),
        "marks": MARKS,
        "title": title,
        "generator": GENERATOR,
        "counts": counts_of(states.values()),
        "anchors": {dataset: _anchors(entry) for dataset, entry in entries.items()},
    }
    graph = Markup(svg_picture(states, lambda dataset: f"datasets/{names[dataset]}"))
    folders = _by_folder(entries)
    index = templates.get_template("index.html.j2").render(shared, root="", graph=graph, folders=folders)
    page = templates.get_template("dataset.html.j2")
    own = {f"datasets/{names[dataset]}": page.render(shared, root="../", entry=entries[dataset]) for dataset in entries}
    files = resources.files("transforms_api.catalog").joinpath("templates")
    return {"index.html": index, **own, **{name: files.joinpath(name).read_text(encoding="utf-8") for name in _FILES}}


def _anchors(entry: Entry) -> dict[str, str]:
    """Return column → id of the row of a dataset's page that shows its lineage."""
    return {
        column.path: f"lineage-{number}"
        for number, column in enumerate(entry.columns, 1)
        if column.depth == 0 and column.path in entry.links
    }


def page_names(datasets: Iterable[str]) -> dict[str, str]:
    """Return dataset path → file name of its page: the path with dots for slashes.

    A name that is invalid or ambiguous on disks or in URLs gets a digest of the dataset path.

    Args:
        datasets: dataset paths.
    """
    named = {dataset: dataset.strip("/").replace("/", ".") for dataset in datasets}
    times = Counter(name.casefold() for name in named.values())
    return {
        dataset: f"{name}.html"
        if _PLAIN_PATH.fullmatch(dataset) and len(name) <= _LONGEST and times[name.casefold()] == 1
        else f"{re.sub(r'[^A-Za-z0-9_-]+', '.', name)[:_LONGEST]}~{_digest(dataset)}.html"
        for dataset, name in named.items()
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _by_folder(entries: Mapping[str, Entry]) -> dict[str, list[str]]:
    """Return the datasets of each folder, both in alphabetical order."""
    folders: dict[str, list[str]] = {}
    for dataset in sorted(entries):
        folders.setdefault(dataset.rpartition("/")[0] or "/", []).append(dataset)
    return folders


def _templates() -> jinja2.Environment:
    templates = html_templates("transforms_api.catalog")
    templates.filters["prose"] = _prose
    return templates


def _prose(text: str) -> Markup:
    """Return a text as HTML; text in backquotes becomes code."""
    between, parts = 0, list[Markup]()
    for code in _CODE.finditer(text):
        parts += [escape(visible(text[between : code.start()])), Markup("<code>{}</code>").format(visible(code[2]))]
        between = code.end()
    return Markup("").join([*parts, escape(visible(text[between:]))])


_MARK = f'<meta name="generator" content="{GENERATOR}">'.encode()
_HEAD = 1000
"""Bytes of a page in which the mark stands."""


def write_dictionary(pages: Mapping[str, str], folder: Path) -> None:
    """Write the pages of a data dictionary, and remove pages of an earlier one that no longer exist.

    Args:
        pages: path in the folder → content.
        folder: target folder.

    Raises:
        EnvironmentProblem: the folder has other files and no dictionary, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not _is_ours(folder / "index.html"):
            raise EnvironmentProblem(f"{folder} has files and no data dictionary: name another folder, or empty it.")
        for path, content in pages.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode("utf-8"))
        for file in (folder / "datasets").glob("*.html"):
            if f"datasets/{file.name}" not in pages and _is_ours(file):
                file.unlink()
    except OSError as error:
        raise EnvironmentProblem(f"The data dictionary cannot be written: {error}. Name another folder.") from error


def _is_ours(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return _MARK in stream.read(_HEAD)
