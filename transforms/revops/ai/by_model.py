"""Coaching insights by a language model for the reps whose answer is accepted; other reps keep the template's.

The driver sends the requests, a few at a time. `MOST_REPS` bounds memory, time and cost: the facts of a rep are some
thousand characters. A model that does not answer is abandoned after `MOST_FAILURES` calls.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import TimeoutError as IdleTimeoutError
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
"""Largest number of reps per build that a model writes about, the first by `rep_id`."""
SIDE_BY_SIDE = 4
ATTEMPTS = 2
"""Requests per rep: a refused answer is requested once more, with the reason."""
MOST_FAILURES = 3
"""Consecutive failed calls after which no further request is sent."""
IDLE_TIMEOUT = 600.0
"""Seconds without any answer after which the remaining reps keep the template; a call has the timeout of its model."""
_LONGEST_REASON = 300

Ask = Callable[[list[tuple[str, str]]], Answer]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The result of the requests about one rep.

    Attributes:
        rep_id: the rep.
        insights: insights of the accepted answer; None if the rep keeps the template's.
        version: the `model_version` of the insights.
        problem: why the rep keeps the template's, 'kind: reason'.
    """

    rep_id: str
    insights: Insights | None = None
    version: str = ""
    problem: str | None = None


@dataclass
class _FailureCounter:
    """Number of failed calls since the last success. Threads share it; the count need not be exact."""

    failures: int = 0


def with_answers(insights: DataFrame, known: DataFrame, model: Any) -> DataFrame:
    """Return the insights, in the model's words for the reps whose answer is accepted.

    A warning says how many reps keep the template's insights, and why.

    Args:
        insights: rows of `write_insights`, one per rep.
        known: rows of `facts`, one per rep.
        model: the language model.

    Returns:
        One row per rep, with the columns of `insights`.
    """
    first = facts_to_send(known).orderBy("rep_id").limit(MOST_REPS + 1).collect()
    reps = {row.rep_id: facts_of(row) for row in first[:MOST_REPS]}
    outcomes = list(outcomes_of(reps, lambda messages: ask(model, messages)))
    if len(first) > MOST_REPS:
        outcomes.append(Outcome("", problem=f"not asked: all reps after the first {MOST_REPS}"))
    _log_outcomes(outcomes)
    accepted = [outcome for outcome in outcomes if outcome.insights]
    return _replaced(insights, accepted) if accepted else insights


def outcomes_of(reps: dict[str, Facts], ask: Ask, idle_timeout: float = IDLE_TIMEOUT) -> Iterator[Outcome]:
    """Request insights about all reps and yield the outcomes as they arrive.

    Args:
        reps: rep_id → facts.
        ask: sends messages to the model and returns its answer; an exception ends the requests about that rep.
        idle_timeout: seconds without any answer after which the remaining reps keep the template's insights.
    """
    counter, waiting = _FailureCounter(), dict.fromkeys(reps)
    with ThreadPool(SIDE_BY_SIDE) as pool:  # its threads are daemons: one that hangs keeps no process alive
        answered = pool.imap_unordered(lambda rep: _outcome(*rep, ask, counter), reps.items())
        while waiting:
            try:
                outcome = answered.next(idle_timeout)
            except IdleTimeoutError:
                break
            del waiting[outcome.rep_id]
            yield outcome
    for rep_id in waiting:
        yield Outcome(rep_id, problem=f"no answer: nothing was heard for {idle_timeout:g} s")


def _outcome(rep_id: str, facts: Facts, ask: Ask, counter: _FailureCounter) -> Outcome:
    messages, reason = messages_about(facts), ""
    for _ in range(ATTEMPTS):
        if counter.failures >= MOST_FAILURES:
            return Outcome(rep_id, problem=f"not asked: {MOST_FAILURES} calls had failed one after another")
        try:
            answer = ask(messages)
        except Exception as error:  # implementations raise different errors, and none may stop the build
            counter.failures += 1
            return Outcome(rep_id, problem=f"no answer: {_reason(error)}")
        counter.failures = 0
        try:
            return Outcome(rep_id, insights_in(answer.text, facts), f"{cleaned(answer.model)}/{PROMPT_VERSION}")
        except Refused as refusal:
            reason = str(refusal)
            messages = [*messages_about(facts), *correction(answer.text, reason)]
    return Outcome(rep_id, problem=f"refused answer: {cleaned(reason)}")


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]


def _log_outcomes(outcomes: Iterable[Outcome]) -> None:
    """Log the number of reps by model and by template, with one example per kind of problem."""
    outcomes = list(outcomes)
    versions = Counter(outcome.version for outcome in outcomes if outcome.insights)
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    written = ", ".join(f"{count} by {version}" for version, count in sorted(versions.items()))
    if not problems:
        _log.info("Coaching insights of %s reps.", written)
        return
    kinds = Counter(problem.partition(":")[0] for problem in problems)
    examples = {problem.partition(":")[0]: problem.partition(":")[2].strip() for problem in reversed(problems)}
    examples_of_kinds = "; ".join(f"{count} × {kind}, as: {examples[kind]}" for kind, count in sorted(kinds.items()))
    _log.warning(
        "Coaching insights: %s, %d by template. %s", written or "none by the model", len(problems), examples_of_kinds
    )


def _replaced(insights: DataFrame, accepted: list[Outcome]) -> DataFrame:
    """Return the insights with the accepted answers in place of the template's."""
    fields = REP_COACHING_INSIGHTS.schema
    names = ("rep_id", "model_version", *WRITTEN)
    rows = [tuple(_value(name, outcome, fields[name].dataType) for name in names) for outcome in accepted]
    accepted_rows = insights.sparkSession.createDataFrame(rows, T.StructType([fields[name] for name in names]))
    answers = accepted_rows.select("rep_id", F.struct(*names[1:]).alias("answer"))
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
    value = (outcome.insights or {})[name]
    return [_struct(part, kind.elementType) for part in value] if isinstance(kind, T.ArrayType) else value


def _struct(values: dict[str, Any], kind: T.StructType) -> tuple[Any, ...]:
    """Return an object's values in the order of the contract; JSON writes whole amounts as integers."""
    return tuple(float(values[name]) if isinstance(values[name], (int, float)) else values[name] for name in kind.names)
