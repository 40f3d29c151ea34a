"""What names are found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.orgtree.codes import check_code, level_of
from zzd.orgtree.refusals import CodeOutsideParent, WrongLevel
from zzd.orgtree.terms import (
    LONGEST_OFFICIAL_TERM,
    LONGEST_UNIT_TERM,
    normalise,
    official_terms,
    unit_terms,
)


def test_a_unit_is_found_by_suffixes_of_its_name_and_initials() -> None:
    assert unit_terms("石塘镇") == {"^石塘镇", "塘镇", "镇", "^stz", "tz", "z"}


def test_initials_are_those_of_the_place_and_not_of_each_character() -> None:
    assert "^cxx" in unit_terms("长兴县")
    assert "^yqs" in unit_terms("乐清市")


def test_an_official_is_found_by_every_reading_of_the_surname() -> None:
    assert {"^单立人", "立人", "^dlr", "^slr"} <= official_terms("单立人")
    assert "lr" not in official_terms("单立人")


def test_width_case_and_spaces_make_no_difference() -> None:
    assert normalise(" Ａ 区\u30001^") == "a区1"
    assert unit_terms("Ａ区") == unit_terms("a 区")


@given(st.text(max_size=120))
def test_terms_of_any_text_fit_their_columns(name: str) -> None:
    assert all(0 < len(term) <= LONGEST_UNIT_TERM for term in unit_terms(name))
    assert all(0 < len(term) <= LONGEST_OFFICIAL_TERM for term in official_terms(name))


@pytest.mark.parametrize(
    ("code", "level"),
    [("33", 1), ("3310", 2), ("331081", 3), ("331081100", 4), ("331081100201", 5)],
)
def test_a_codes_length_tells_its_level(code: str, level: int) -> None:
    assert level_of(code) == level
    assert level_of(code + "0") is None


def test_codes_that_do_not_fit_the_place_are_refused() -> None:
    check_code("331082", level=3, parent_code="3310")
    with pytest.raises(WrongLevel):
        check_code("331082001", level=3, parent_code="3310")
    with pytest.raises(CodeOutsideParent):
        check_code("330482", level=3, parent_code="3310")
    with pytest.raises(WrongLevel):
        check_code("331081100201001001", level=7, parent_code="331081100201001")
