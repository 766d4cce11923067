"""How composites are simplified; A, B and C are about rows, D and F about the dataset."""

import pytest

from transforms import expectations as E
from transforms_api.expectations.tree import Constant, Unresolvable, simplify

A, B, C = E.col("a").non_null(), E.col("b").non_null(), E.col("c").non_null()
D, F = E.count().gt(0), E.primary_key("a")
HOLDS, BREAKS, CANNOT_TELL = Constant(), Constant("broken"), Unresolvable("a is missing")


def simplified(expectation, **settled):
    """The expectation with what is settled of a, b, c and d."""
    names = {A: "a", B: "b", C: "c", D: "d"}
    return simplify(expectation, lambda part: settled.get(names.get(part)))


@pytest.mark.parametrize(
    ("a", "all_of_them", "any_of_them"),
    [(HOLDS, B, HOLDS), (BREAKS, BREAKS, B), (CANNOT_TELL, CANNOT_TELL, B)],
)
def test_a_part_that_is_settled_settles_the_whole_or_drops_out(a, all_of_them, any_of_them):
    assert simplified(E.all(A, B), a=a) == all_of_them
    assert simplified(E.any(A, B), a=a) == any_of_them


def test_when_all_parts_are_settled_so_is_the_whole_with_every_problem():
    assert simplified(E.all(A, B), a=HOLDS, b=HOLDS) == HOLDS
    assert simplified(E.any(A, B), a=BREAKS, b=Constant("wrong")) == Constant("broken; wrong")


def test_a_settled_condition_chooses():
    choice = E.when(A, B).otherwise(C)
    assert simplified(choice, a=HOLDS) == B
    assert simplified(choice, a=BREAKS) == C
    assert simplified(choice, a=CANNOT_TELL) == CANNOT_TELL


def test_a_settled_choice_leaves_the_condition_and_the_other_one():
    choice = E.when(A, B).otherwise(C)
    assert simplified(choice, b=HOLDS) == E.any(A, C)
    assert simplified(choice, b=BREAKS) == E.all(E.negate(A), E.any(A, C))
    assert simplified(choice, c=HOLDS) == E.any(E.negate(A), B)
    assert simplified(choice, b=HOLDS, c=BREAKS) == A


def test_a_negation_is_one_of_leaves():
    assert E.negate(E.all(A, B)) == E.any(E.negate(A), E.negate(B))
    assert E.negate(E.any(A, B)) == E.all(E.negate(A), E.negate(B))
    assert E.negate(E.when(A, B).otherwise(C)) == E.when(A, E.negate(B)).otherwise(E.negate(C))
    assert E.negate(E.negate(A)) == A


def test_an_expectation_that_cannot_be_evaluated_does_not_hold_and_neither_does_its_negation():
    assert simplified(E.negate(A), a=CANNOT_TELL) == CANNOT_TELL
    assert simplified(E.negate(A), a=BREAKS) == HOLDS


def test_parts_about_the_dataset_become_one_among_those_about_rows():
    assert simplified(E.any(D, A, F)) == E.any(E.any(D, F), A)
    assert simplified(E.any(D, F)) == E.any(D, F)
