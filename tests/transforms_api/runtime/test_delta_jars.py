from pathlib import Path

from transforms_api.runtime.delta_jars import added_to_spark


def test_of_delta_s_jars_only_those_are_taken_that_spark_has_not_in_any_version(tmp_path):
    (tmp_path / "jackson-databind-2.21.2.jar").touch()
    jars = [
        Path("com.fasterxml.jackson.core_jackson-databind-2.13.5.jar"),
        Path("com.fasterxml.jackson.core_jackson-core-2.13.5.jar"),
        Path("io.delta_delta-spark_4.2_2.13-4.4.0.jar"),
    ]
    assert added_to_spark(jars, tmp_path) == jars[1:]
