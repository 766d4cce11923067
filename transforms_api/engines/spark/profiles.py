"""The meaning of Foundry's Spark profiles on this machine: settings that change results apply, sizes have no effect.

`is_local` says whether the profile of a session uses this machine or a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_LEGACY = "spark.sql.legacy"
_ARROW = "spark.sql.execution.arrow"
_CORRECTED, _OLD = "CORRECTED", "LEGACY"

MEANINGS: dict[str, dict[str, str]] = {
    "ADAPTIVE_ENABLED": {"spark.sql.adaptive.enabled": "true"},
    "ADAPTIVE_DISABLED": {"spark.sql.adaptive.enabled": "false"},
    "ADVISORY_PARTITION_SIZE_MEDIUM": {"spark.sql.adaptive.advisoryPartitionSizeInBytes": "128MB"},
    "ADVISORY_PARTITION_SIZE_LARGE": {"spark.sql.adaptive.advisoryPartitionSizeInBytes": "256MB"},
    "ARROW_ENABLED": {f"{_ARROW}.pyspark.enabled": "true"},
    "ARROW_DISABLED": {f"{_ARROW}.pyspark.enabled": "false"},
    "AUTO_BROADCAST_JOIN_DISABLED": {"spark.sql.autoBroadcastJoinThreshold": "-1"},
    "BUCKET_SORTED_SCAN_ENABLED": {f"{_LEGACY}.bucketedTableScan.outputOrdering": "true"},
    "CROSS_JOIN_ENABLED": {"spark.sql.crossJoin.enabled": "true"},
    "LAST_MAP_KEY_WINS": {"spark.sql.mapKeyDedupPolicy": "LAST_WIN"},
    "KUBERNETES_NO_EXECUTORS": {"spark.sql.shuffle.partitions": "1"},
    "SHUFFLE_PARTITIONS_SMALL": {"spark.sql.shuffle.partitions": "20"},
    "SPARK_ALLOW_INT96_AS_TIMESTAMP": {"spark.sql.parquet.int96AsTimestamp": "true"},
    "TIME_PARSER_POLICY_CORRECTED": {f"{_LEGACY}.timeParserPolicy": _CORRECTED},
    "LEGACY_TIME_PARSER_POLICY": {f"{_LEGACY}.timeParserPolicy": _OLD},
    "LEGACY_DATETIME_REBASE_MODE": {
        f"spark.sql.parquet.{kind}RebaseModeIn{direction}": _OLD
        for kind in ("datetime", "int96")
        for direction in ("Read", "Write")
    },
    "LEGACY_ALLOW_UNTYPED_SCALA_UDF": {f"{_LEGACY}.allowUntypedScalaUDF": "true"},
    "LEGACY_ALLOW_NEGATIVE_DECIMAL_SCALE": {f"{_LEGACY}.allowNegativeScaleOfDecimal": "true"},
    "LEGACY_ALLOW_HASH_ON_MAPTYPE": {f"{_LEGACY}.allowHashOnMapType": "true"},
    "LEGACY_NAME_NON_STRUCT_GROUPING_KEY_AS_VALUE": {f"{_LEGACY}.dataset.nameNonStructGroupingKeyAsValue": "true"},
    "LEGACY_ARRAY_EXISTS_NULL_HANDLING": {f"{_LEGACY}.followThreeValuedLogicInArrayExists": "false"},
    "LEGACY_ALLOW_AMBIGUOUS_SELF_JOIN": {"spark.sql.analyzer.failAmbiguousSelfJoin": "false"},
    "LEGACY_FROM_DAYTIME_STRING": {f"{_LEGACY}.fromDayTimeString.enabled": "true"},
    "LEGACY_DATETIME_STRING_COMPARISON": {f"{_LEGACY}.typeCoercion.datetimeToString.enabled": "true"},
}  # fmt: skip
"""Profile → the session's settings that it stands for, where these change results or how a job computes."""

_SIZES = re.compile(
    r"(DRIVER_(CORES|MEMORY|MEMORY_OVERHEAD)|EXECUTOR_(CORES|MEMORY|MEMORY_OVERHEAD|MEMORY_OFFHEAP_FRACTION)|NUM_EXECUTORS"
    r"|TASK_CPUS|DYNAMIC_ALLOCATION|SHUFFLE_PARTITIONS|RPC_MESSAGE_MAX_SIZE|SPECULATIVE_EXECUTION|PYSPARK_ROW)(_\w+)?"
    r"|ALLOW_ADD_MONTHS|GEOSPARK|ENABLE_COLUMN_STATS|MANAGED_PROFILE"
)
"""Profiles of machines, and of what only Foundry has: known, without effect here."""


def settings_of(profiles: Iterable[str], own: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the Spark settings of some profiles; a later profile overrides an earlier one.

    Args:
        profiles: names of profiles.
        own: the user's profiles, which take precedence over Foundry's of the same name.
    """
    settings: dict[str, str] = {}
    for name in profiles:
        settings |= own.get(name, MEANINGS.get(name, {}))
    return settings


def unknown_profiles(profiles: Iterable[str], own: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the profiles that neither Foundry nor the user defines, sorted and unique.

    Args:
        profiles: names of profiles.
        own: the user's profiles.
    """
    return sorted(
        {name for name in profiles if name not in own and name not in MEANINGS and not _SIZES.fullmatch(name)}
    )


def is_local(settings: Mapping[str, str]) -> bool:
    """Return whether the master of a profile is this machine.

    Args:
        settings: Spark settings of the profile; without a master, spark-submit or spark-defaults.conf decides.
    """
    return settings.get("spark.master", "").startswith("local")
