import pytest

from transforms_api.errors import NotSupportedLocallyError
from transforms_api.project.settings import SourceSettings
from transforms_api.runtime.context import ResolvedSource

SOURCE = ResolvedSource("ri.source", SourceSettings("https://crm.example", {"token": "s3cret"}))


def test_a_source_gives_the_url_and_secrets_of_its_settings():
    assert SOURCE.get_https_connection().url == "https://crm.example"
    assert SOURCE.get_secret("token") == "s3cret"


def test_a_setting_that_a_source_lacks_is_named_with_the_source():
    with pytest.raises(NotSupportedLocallyError, match=r"ri\.source has no secret 'password'"):
        SOURCE.get_secret("password")
    with pytest.raises(NotSupportedLocallyError, match=r"ri\.other has no url"):
        ResolvedSource("ri.other", SourceSettings()).get_https_connection()


def test_a_text_of_the_settings_never_shows_a_secret():
    assert "s3cret" not in repr(SourceSettings("https://crm.example", {"token": "s3cret"}))
