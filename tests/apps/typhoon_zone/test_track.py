"""The storm's way: distances on the sphere, the nearest point, and no knowledge of the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.typhoon_zone.geography import area_of, areas, is_within
from apps.typhoon_zone.simulated import lekima
from apps.typhoon_zone.track import (
    EARTH_KM,
    Fix,
    Radii,
    along,
    arrival_of_wind,
    bearing,
    closest_approach,
    distance_km,
    estimate_radii,
    extrapolate,
    position_at,
)

START = datetime(2019, 8, 9, 12, tzinfo=UTC)
places = st.tuples(st.floats(-80, 80), st.floats(-179, 179))
seas = st.tuples(st.floats(5, 45), st.floats(105, 145))


def fixes_through(*through: tuple[float, float]) -> list[Fix]:
    return [Fix(START + timedelta(hours=6 * n), place) for n, place in enumerate(through)]


def test_distances_are_those_of_the_great_circle() -> None:
    quarter = EARTH_KM * 3.141592653589793 / 2
    assert distance_km((0, 0), (0, 90)) == pytest.approx(quarter)
    assert distance_km((0, 0), (90, 0)) == pytest.approx(quarter)
    # Hangzhou to Taipei as published, to a kilometre or two.
    assert distance_km((30.25, 120.17), (25.05, 121.53)) == pytest.approx(593, abs=3)
    assert bearing((0, 0), (0, 10)) == pytest.approx(90)
    assert bearing((10, 0), (0, 0)) == pytest.approx(180)


@settings(max_examples=60, deadline=None)
@given(places, places, st.floats(0, 1))
def test_a_place_along_the_way_divides_it(a: tuple, b: tuple, share: float) -> None:
    whole = distance_km(a, b)
    there = along(a, b, share)
    assert distance_km(a, there) == pytest.approx(share * whole, abs=0.01)
    assert distance_km(there, b) == pytest.approx((1 - share) * whole, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.lists(seas, min_size=1, max_size=6), seas)
def test_no_moment_of_the_way_is_nearer_than_the_closest_approach(
    through: list, home: tuple
) -> None:
    fixes = fixes_through(*through)
    nearest = closest_approach(fixes, home)
    assert nearest is not None
    for minutes in range(0, 360 * (len(fixes) - 1) + 1, 20):
        fix = position_at(fixes, START + timedelta(minutes=minutes))
        assert fix is not None
        assert distance_km(fix.place, home) >= nearest.km - 0.01
    reached = position_at(fixes, nearest.at)
    assert reached is not None
    assert distance_km(reached.place, home) == pytest.approx(nearest.km, abs=0.05)


def test_lekima_came_nearest_to_wenling_half_an_hour_after_its_landfall() -> None:
    nearest = closest_approach(lekima(), area_of("331081100").centre)
    assert nearest is not None
    assert nearest.km < 12
    assert nearest.at == datetime(2019, 8, 9, 18, 28, tzinfo=UTC).replace(
        second=nearest.at.second, microsecond=nearest.at.microsecond
    )


def test_what_comes_later_changes_nothing_of_what_is_expected_now() -> None:
    at = datetime(2019, 8, 9, 12, tzinfo=UTC)
    known = [fix for fix in lekima() if fix.at <= at]
    elsewhere = [*known, replace(lekima()[-1], place=(0.0, 100.0))]
    assert extrapolate(known, at) == extrapolate(elsewhere, at) == extrapolate(lekima(), at)
    spreads = [fix.spread for fix in extrapolate(known, at)]
    assert spreads == sorted(spreads)
    assert spreads[0] == 0
    assert extrapolate(lekima(), lekima()[0].at) == []


def test_winds_arrive_where_their_quadrant_reaches() -> None:
    radii = (("7", Radii(300.0, 100.0, 50.0, 200.0)),)
    fixes = [replace(fix, radii=radii) for fix in fixes_through((20, 122), (28, 122))]
    east, west = (24.0, 124.0), (24.0, 121.0)
    # 200 km to the north-east it blows; 100 km to the south-west it does not.
    assert arrival_of_wind(fixes, east, "7") is not None
    assert arrival_of_wind(fixes, west, "7") is not None
    south_west = [replace(fixes[1], at=START), fixes[1]]
    assert arrival_of_wind(south_west, (27.0, 121.2), "7") is None
    assert arrival_of_wind([], east, "7") is None


def test_estimated_circles_shrink_with_the_force_and_end_with_the_wind() -> None:
    strong = dict(estimate_radii(46.0, 27.5))
    assert strong["7"].ne > strong["10"].ne > strong["12"].ne > 40
    assert list(dict(estimate_radii(20.0, 27.5))) == ["7"]
    assert estimate_radii(None, 27.5) == estimate_radii(9.0, 27.5) == ()


def test_every_county_has_a_place_of_its_own() -> None:
    counties = [area for code, area in areas().items() if len(code) == 6]
    assert len(counties) == 90
    assert sum(is_within(area.centre, area) for area in counties) >= 88
    assert area_of("331081100201").name == "温岭市"
    assert area_of("3310").name == "台州市"
    assert area_of("33").name == "浙江省"
