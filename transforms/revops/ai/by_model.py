"""Coaching insights by a language model, for the reps whose answer is accepted; all others keep those by template.

Reps are asked about in the driver, a few at a time. Their number is bounded (`MOST_REPS`), and with it memory, time and
cost: a rep's facts are some thousand characters. A model that does not answer is given up soon.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import TimeoutError as NoNews
from multiprocessing.pool import ThreadPool
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from ..contracts.reps import REP_COACHING_INSIGHTS
from .answers import Insights, Refused, insights_in
from .language_model import Answer, ask
from .prompt import PROMPT_VERSION, WRITTEN, Facts, cleaned, correction, facts_of, facts_to_send, messages_about

MOST_REPS = 1000
"""Reps that a model is asked about, the first by `rep_id`."""
SIDE_BY_SIDE = 4
ATTEMPTS = 2
"""Answers that are asked for: after one that is refused, another, with the reason."""
MOST_FAILURES = 3
"""Calls failing one after another before nobody is asked any more."""
PATIENCE = 600.0
"""Seconds without any news of any rep after which the rest is given up; how long one call takes, its model decides."""
_LONGEST_REASON = 300

Ask = Callable[[list[tuple[str, str]]], Answer]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one rep's question.

    Attributes:
        insights: what the model wrote; None where it is by template.
        version: the `model_version` of the insights.
        problem: why it is by template, 'kind: reason'.
    """

    rep_id: str
    insights: Insights | None = None
    version: str = ""
    problem: str | None = None


@dataclass
class _Luck:
    """How many calls have failed since the last that did not; threads share it, and need not count exactly."""

    failures: int = 0


def with_answers(insights: DataFrame, known: DataFrame, model: Any) -> DataFrame:
    """Return insights by template, those of reps whose answer is accepted in the model's words instead.

    A warning tells how many reps kept the template, and why.

    Args:
        insights: what `write_insights` gives.
        known: what `facts` gives.
    """
    first = facts_to_send(known).orderBy("rep_id").limit(MOST_REPS + 1).collect()
    reps = {row.rep_id: facts_of(row) for row in first[:MOST_REPS]}
    outcomes = list(outcomes_of(reps, lambda messages: ask(model, messages)))
    if len(first) > MOST_REPS:
        outcomes.append(Outcome("", problem=f"not asked: all reps after the first {MOST_REPS}"))
    _tell(outcomes)
    accepted = [outcome for outcome in outcomes if outcome.insights]
    return _replaced(insights, accepted) if accepted else insights


def outcomes_of(reps: dict[str, Facts], ask: Ask, patience: float = PATIENCE) -> Iterator[Outcome]:
    """Ask about each rep and yield what became of it.

    Args:
        reps: rep_id → facts.
        ask: asks the model; whatever it raises is the end of that rep's question.
        patience: see `PATIENCE`.
    """
    luck, waiting = _Luck(), dict.fromkeys(reps)
    with ThreadPool(SIDE_BY_SIDE) as pool:  # its threads are daemons: one that hangs keeps no process alive
        answered = pool.imap_unordered(lambda rep: _outcome(*rep, ask, luck), reps.items())
        while waiting:
            try:
                outcome = answered.next(patience)
            except NoNews:
                break
            del waiting[outcome.rep_id]
            yield outcome
    for rep_id in waiting:
        yield Outcome(rep_id, problem=f"no answer: nothing was heard for {patience:g} s")


def _outcome(rep_id: str, facts: Facts, ask: Ask, luck: _Luck) -> Outcome:
    messages, reason = messages_about(facts), ""
    for _ in range(ATTEMPTS):
        if luck.failures >= MOST_FAILURES:
            return Outcome(rep_id, problem=f"not asked: {MOST_FAILURES} calls had failed one after another")
        try:
            answer = ask(messages)
        except Exception as error:  # what a call raises differs by implementation, and none may stop the build
            luck.failures += 1
            return Outcome(rep_id, problem=f"no answer: {_reason(error)}")
        luck.failures = 0
        try:
            return Outcome(rep_id, insights_in(answer.text, facts), f"{cleaned(answer.model)}/{PROMPT_VERSION}")
        except Refused as refusal:
            reason = str(refusal)
            messages = [*messages_about(facts), *correction(answer.text, reason)]
    return Outcome(rep_id, problem=f"refused answer: {cleaned(reason)}")


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]


def _tell(outcomes: Iterable[Outcome]) -> None:
    """Log how many reps went which way, and one example of each kind of problem."""
    outcomes = list(outcomes)
    versions = Counter(outcome.version for outcome in outcomes if outcome.insights)
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    written = ", ".join(f"{count} by {version}" for version, count in sorted(versions.items()))
    if not problems:
        _log.info("Coaching insights of %s reps.", written)
        return
    kinds = Counter(problem.partition(":")[0] for problem in problems)
    examples = {problem.partition(":")[0]: problem.partition(":")[2].strip() for problem in reversed(problems)}
    told = "; ".join(f"{count} × {kind}, as: {examples[kind]}" for kind, count in sorted(kinds.items()))
    _log.warning("Coaching insights: %s, %d by template. %s", written or "none by the model", len(problems), told)


def _replaced(insights: DataFrame, accepted: list[Outcome]) -> DataFrame:
    """Return insights with those that are accepted in place of the others of the same reps."""
    fields = REP_COACHING_INSIGHTS.schema
    names = ("rep_id", "model_version", *WRITTEN)
    rows = [tuple(_value(name, outcome, fields[name].dataType) for name in names) for outcome in accepted]
    told = insights.sparkSession.createDataFrame(rows, T.StructType([fields[name] for name in names]))
    answers = told.select("rep_id", F.struct(*names[1:]).alias("answer"))
    joined = insights.join(F.broadcast(answers), "rep_id", "left")
    return joined.select(
        *[
            F.coalesce(F.col("answer")[name], F.col(name)).alias(name) if name in names[1:] else F.col(name)
            for name in insights.columns
        ]
    )


def _value(name: str, outcome: Outcome, kind: T.DataType) -> Any:
    if name == "rep_id":
        return outcome.rep_id
    if name == "model_version":
        return outcome.version
    told = (outcome.insights or {})[name]
    return [_struct(each, kind.elementType) for each in told] if isinstance(kind, T.ArrayType) else told


def _struct(told: dict[str, Any], kind: T.StructType) -> tuple[Any, ...]:
    """Return an object's values in the order of the contract; JSON writes whole amounts as integers."""
    return tuple(float(told[name]) if isinstance(told[name], (int, float)) else told[name] for name in kind.names)
