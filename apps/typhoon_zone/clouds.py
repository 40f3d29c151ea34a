"""A cloud picture drawn by code: what a storm looks like from above, for want of a satellite.

It shows no weather that was. Its words say so, in the picture itself.
"""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta, timezone

SIZE = 640
# Degrees of latitude and longitude that a picture covers.
SPAN = 18.0
ARMS = 3
BEIJING = timezone(timedelta(hours=8))


def bounds_of(place: tuple[float, float]) -> list[float]:
    """South, west, north, east of the picture around a storm."""
    lat, lon = place
    return [lat - SPAN / 2, lon - SPAN / 2, lat + SPAN / 2, lon + SPAN / 2]


def draw(at: datetime, place: tuple[float, float], wind: float, *, turn: float) -> bytes:
    """An SVG of a storm of this wind (m/s), turned by so many degrees."""
    # The same cloud each time; no secret is drawn here.
    dice = random.Random(at.isoformat())  # noqa: S311
    strength = min(1.0, max(0.25, wind / 50))
    middle = SIZE / 2
    puffs = [_puff(middle, middle, 62 * (0.7 + strength / 2), 58 * (0.7 + strength / 2), 0.95)]
    for arm in range(ARMS):
        for step in range(46):
            share = step / 45
            angle = math.radians(turn + arm * 360 / ARMS) - share * 5.2
            reach = 30 + share**1.15 * 270 * (0.55 + strength * 0.45)
            wide = (20 + 30 * share) * dice.uniform(0.6, 1.25)
            puffs.append(
                _puff(
                    middle + reach * math.cos(angle) + dice.uniform(-9, 9),
                    middle + reach * math.sin(angle) * 0.94 + dice.uniform(-9, 9),
                    wide * 1.5,
                    wide * 0.8,
                    (0.85 - 0.66 * share) * strength,
                    math.degrees(angle) + 90,
                )
            )
    for _ in range(40):
        angle, reach = dice.uniform(0, 6.28), dice.uniform(120, 310)
        x, y = middle + reach * math.cos(angle), middle + reach * math.sin(angle)
        puffs.append(_puff(x, y, dice.uniform(8, 42), dice.uniform(6, 18), 0.16))
    eye = f'<circle cx="{middle}" cy="{middle}" r="9" fill="#0b1a2b" opacity=".85"/>'
    moment = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"'
        f' width="{SIZE}" height="{SIZE}">'
        "<defs>"
        '<filter id="c" x="-20%" y="-20%" width="140%" height="140%">'
        '<feGaussianBlur stdDeviation="9" result="b"/>'
        f'<feTurbulence type="fractalNoise" baseFrequency=".018" numOctaves="4" seed="{dice.randint(1, 99)}"/>'
        '<feDisplacementMap in="b" scale="52" xChannelSelector="R" yChannelSelector="G"/>'
        "</filter>"
        '<radialGradient id="f"><stop offset=".72" stop-color="#fff"/>'
        '<stop offset="1" stop-color="#000"/></radialGradient>'
        f'<mask id="m"><circle cx="{middle}" cy="{middle}" r="{middle}" fill="url(#f)"/></mask>'
        "</defs>"
        f'<g mask="url(#m)"><g filter="url(#c)" fill="#f2f6fa">{"".join(puffs)}</g>'
        f"{eye if wind >= 33 else ''}</g>"
        f'<g font-family="sans-serif" fill="#ffd166"><text x="16" y="34" font-size="22"'
        f' font-weight="700">示例 SAMPLE</text><text x="16" y="60" font-size="17">{moment}'
        f' 北京时间</text><text x="16" y="{SIZE - 16}" font-size="14">程序绘制，非卫星云图 · drawn'
        f" by a program, not by a satellite · {place[0]:.1f}N {place[1]:.1f}E</text></g></svg>"
    ).encode()


def _puff(x: float, y: float, rx: float, ry: float, opacity: float, turned: float = 0) -> str:
    return (
        f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{rx:.0f}" ry="{ry:.0f}" opacity="{opacity:.2f}"'
        f' transform="rotate({turned:.0f} {x:.0f} {y:.0f})"/>'
    )
