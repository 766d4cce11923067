"""What the Tab key offers in place of a dataset, a transform, a branch or a profile.

Each function takes what Typer hands it, the context with the options typed so far and the begin of a word, and returns
the words that begin so. A project that is broken, or not there, has none: a shell is no place for errors. What takes
time to import is imported when Tab asks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transforms_api.cli.settings import Settings
    from transforms_api.store.warehouse import Warehouse


def complete_datasets(ctx: Any, incomplete: str) -> list[str]:
    """Return datasets, by the last part of their path or, where a / is typed first, by the whole of it."""
    return _that_begin(incomplete, _datasets(ctx, incomplete, with_transforms=False))


def complete_targets(ctx: Any, incomplete: str) -> list[str]:
    """Return datasets, as above, and transforms by their functions' names."""
    return _that_begin(incomplete, _datasets(ctx, incomplete, with_transforms=True))


def complete_branches(ctx: Any, incomplete: str) -> list[str]:
    """Return the branches of the warehouse."""
    return _that_begin(incomplete, _branches(ctx))


def complete_profiles(ctx: Any, incomplete: str) -> list[str]:
    """Return the profiles of the settings."""
    return _that_begin(incomplete, _profiles(ctx))


def _that_begin(incomplete: str, names: Iterator[str]) -> list[str]:
    found: set[str] = set()
    with contextlib.suppress(Exception):
        found.update(name for name in names if name.startswith(incomplete))
    return sorted(found)


def _datasets(ctx: Any, incomplete: str, with_transforms: bool) -> Iterator[str]:
    from transforms_api.cli.known_names import datasets_on_disk, last_parts, written_names

    settings = _settings(ctx)
    written = written_names(settings)
    yield from written.transforms if with_transforms else ()
    paths = set(written.datasets)
    with contextlib.suppress(Exception):
        paths.update(*datasets_on_disk(_warehouse(ctx, settings)).values())
    yield from paths if incomplete.startswith("/") else last_parts(paths)


def _branches(ctx: Any) -> Iterator[str]:
    from transforms_api.cli.known_names import datasets_on_disk

    settings = _settings(ctx)
    yield settings.file.branch
    yield from datasets_on_disk(_warehouse(ctx, settings))


def _profiles(ctx: Any) -> Iterator[str]:
    yield from _settings(ctx).file.profiles


def _settings(ctx: Any) -> Settings:
    from transforms_api.cli.settings import read_settings

    return read_settings(ctx.params.get("repo"))


def _warehouse(ctx: Any, settings: Settings) -> Warehouse:
    from transforms_api.store.locations import place_at
    from transforms_api.store.warehouse import Warehouse

    root = ctx.params.get("warehouse")
    place = place_at(settings.file.warehouse, settings.folder) if root is None else place_at(root)
    return Warehouse(place, settings.file.branch)
