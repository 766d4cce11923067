import pytest

from transforms_api.engines.spark.profiles import settings_of, unknown_profiles


def test_a_profile_that_changes_results_is_compared_by_its_settings():
    assert settings_of(["LEGACY_TIME_PARSER_POLICY"], {}) == {"spark.sql.legacy.timeParserPolicy": "LEGACY"}


def test_of_two_profiles_that_set_the_same_the_later_decides():
    policy = "spark.sql.legacy.timeParserPolicy"
    assert settings_of(["LEGACY_TIME_PARSER_POLICY", "TIME_PARSER_POLICY_CORRECTED"], {}) == {policy: "CORRECTED"}
    assert settings_of(["TIME_PARSER_POLICY_CORRECTED", "LEGACY_TIME_PARSER_POLICY"], {}) == {policy: "LEGACY"}


@pytest.mark.parametrize(
    "size",
    ["DRIVER_MEMORY_EXTRA_LARGE", "DRIVER_CORES_SMALL", "EXECUTOR_MEMORY_OVERHEAD_MEDIUM", "NUM_EXECUTORS_64",
     "EXECUTOR_MEMORY_OFFHEAP_FRACTION_HIGH", "SHUFFLE_PARTITIONS_LARGE", "DYNAMIC_ALLOCATION_ENABLED", "GEOSPARK"],
)  # fmt: skip
def test_sizes_of_machines_and_what_only_foundry_has_are_known_and_without_effect(size):
    assert settings_of([size], {}) == {}
    assert unknown_profiles([size], {}) == []


def test_a_user_s_own_profile_goes_before_foundry_s():
    own = {"CROSS_JOIN_ENABLED": {"spark.sql.crossJoin.enabled": "false"}, "OURS": {"spark.sql.caseSensitive": "true"}}
    assert settings_of(["CROSS_JOIN_ENABLED", "OURS"], own) == {
        "spark.sql.crossJoin.enabled": "false",
        "spark.sql.caseSensitive": "true",
    }


def test_unknown_names_are_reported_once():
    assert unknown_profiles(["THEIRS", "ARROW_ENABLED", "OURS", "THEIRS"], {"OURS": {}}) == ["THEIRS"]
