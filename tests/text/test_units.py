"""Aligning several people's spans: what all have alike, and what is settled together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotations.text.units import Marked, units

ADA, BEN, CEM = 1, 2, 3


def spans(*marks):
    return [
        Marked(f"{person}-{n}", 1, person, label, start, end) for n, (person, label, start, end) in enumerate(marks)
    ]


def shape(found):
    return [(unit.start, unit.end, unit.is_agreed, len(unit.spans)) for unit in found]


def test_what_all_have_alike_is_agreed_and_leaves_its_neighbours_alone():
    marked = spans((ADA, "claim", 0, 50), (BEN, "claim", 0, 50), (ADA, "number", 10, 12))

    assert shape(units(marked, [ADA, BEN])) == [(0, 50, True, 2), (10, 12, False, 1)]


def test_somebody_who_marked_nothing_disagrees():
    assert shape(units(spans((ADA, "claim", 0, 5), (BEN, "claim", 0, 5)), [ADA, BEN, CEM])) == [(0, 5, False, 2)]


def test_versions_of_one_place_belong_together_and_a_number_within_a_quotation_does_not():
    marked = spans(
        (ADA, "quotation", 0, 60), (BEN, "quotation", 0, 28), (BEN, "quotation", 30, 60),
        (ADA, "number", 10, 12), (BEN, "date", 9, 12),
    )  # fmt: skip

    assert shape(units(marked, [ADA, BEN])) == [(0, 60, False, 3), (9, 12, False, 2)]


def test_other_attributes_or_parts_are_a_difference():
    one = Marked("a", 1, ADA, "claim", 0, 9, '[{"kind":"x"},[]]')
    assert shape(units([one, Marked("b", 1, BEN, "claim", 0, 9)], [ADA, BEN])) == [(0, 9, False, 2)]


def test_a_unit_is_named_by_the_states_in_it():
    before, after = Marked("a", 1, ADA, "claim", 0, 9), Marked("a", 2, ADA, "claim", 0, 9)

    (one,), (other,) = units([before], [ADA, BEN]), units([after], [ADA, BEN])

    assert one.name != other.name


MARKS = st.tuples(st.sampled_from([ADA, BEN, CEM]), st.sampled_from(["x", "y"]), st.integers(0, 30), st.integers(1, 9))


@given(st.lists(MARKS, max_size=25))
def test_every_span_is_in_exactly_one_unit_and_the_order_of_spans_does_not_matter(marks):
    marked = spans(*((person, label, start, start + length) for person, label, start, length in marks))

    found = units(marked, [ADA, BEN, CEM])

    assert sorted(span.key for unit in found for span in unit.spans) == sorted(span.key for span in marked)
    assert found == units(list(reversed(marked)), [ADA, BEN, CEM])
    assert all(
        unit.is_agreed
        == ({span.person for span in unit.spans} == {ADA, BEN, CEM} and len({span.what for span in unit.spans}) == 1)
        or not unit.is_agreed
        for unit in found
    )
