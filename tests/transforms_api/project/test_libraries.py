import importlib.metadata

import pytest

from transforms_api.project import fingerprint
from transforms_api.project.fingerprint import distributions_of, versions_of


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """installed(distribution, version, file, …) installs made-up distributions for the time of a test."""

    def install(name, version, *files):
        info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()

    def forget():
        fingerprint.distributions_of.cache_clear()
        fingerprint._distributions_with.cache_clear()
        fingerprint._by_import_name.cache_clear()

    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield install
    forget()


@pytest.mark.parametrize(
    ("module", "distributions"),
    [
        ("pyspark.sql.functions", ("pyspark",)),
        ("delta.tables", ("delta-spark",)),
        ("yaml", ("PyYAML",)),
        ("transforms.api", ("transforms-anywhere",)),
        ("palantir_models", ()),
        ("nobody_has_this", ()),
    ],
)
def test_a_module_comes_from_a_distribution_that_may_be_called_otherwise(module, distributions):
    assert distributions_of(module) == distributions


def test_distributions_that_share_a_package_are_distinguished_by_the_module(installed):
    installed("made-storage", "1.0", "made/cloud/storage/__init__.py")
    installed("made-auth", "2.0", "made/auth/__init__.py", "made/oauth.py")
    assert distributions_of("made.cloud.storage.Client") == ("made-storage",)
    assert distributions_of("made.oauth") == ("made-auth",)
    assert distributions_of("made") == ("made-auth", "made-storage")


def test_a_distribution_that_is_called_like_a_module_and_has_none_of_it_is_not_the_module_s(installed):
    installed("made", "1.0", "other/__init__.py")
    installed("made-real", "2.0", "made/__init__.py")
    assert distributions_of("made") == ("made-real",)


def test_versions_are_those_of_all_distributions_that_the_modules_come_from(installed):
    installed("made-storage", "1.0", "made/cloud/storage/__init__.py")
    installed("made-auth", "2.0", "made/auth/__init__.py")
    installed("made-rest", "3.0", "made/rest/__init__.py")
    versions = versions_of(["made.auth", "made.cloud.storage", "delta.tables", "nobody_has_this"])
    assert versions == {"delta": importlib.metadata.version("delta-spark"), "made": "made-auth 2.0, made-storage 1.0"}


def test_a_distribution_that_is_installed_as_a_link_to_its_sources_is_known_by_its_name(installed):
    installed("made", "1.0", "_editable_impl_made.pth")
    assert distributions_of("made.orders") == ("made",)
