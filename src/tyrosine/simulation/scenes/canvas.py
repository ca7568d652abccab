"""A canvas that backgrounds are painted on, in shares of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from tyrosine.simulation.scenes.pens import RGB, Points

SKIES: dict[str, tuple[RGB, RGB]] = {
    "day": ((84, 150, 226), (204, 228, 246)),
    "sunset": ((104, 78, 140), (252, 174, 104)),
    "overcast": ((146, 154, 166), (208, 212, 216)),
}


@lru_cache(maxsize=256)
def _gradient(top: RGB, bottom: RGB, width: int, height: int) -> Image.Image:
    ramp = np.linspace(0, 1, max(height, 1))[:, None]
    column = np.array(top) * (1 - ramp) + np.array(bottom) * ramp
    strip = Image.fromarray(column[:, None].astype(np.uint8), "RGB")
    return strip.resize((width, strip.height), Image.Resampling.NEAREST)


class Canvas:
    """A canvas that is painted in shares of the picture, with its own stream of chance for details."""

    def __init__(self, size: int, horizon: float, sky: str, rng: np.random.Generator) -> None:
        self.size, self.horizon, self.sky, self.rng = size, horizon, sky, rng
        self.image = Image.new("RGB", (size, size))
        self.pen = ImageDraw.Draw(self.image)

    def slope(self, top: float, bottom: float, first: RGB, last: RGB) -> None:
        """Paint a band over the whole width whose colour runs from `first` to `last`."""
        low, high = round(top * self.size), round(bottom * self.size)
        if high > low:
            self.image.paste(_gradient(first, last, self.size, high - low), (0, low))

    def polygon(self, points: Points, fill: RGB) -> None:
        """Paint a polygon."""
        self.pen.polygon([(x * self.size, y * self.size) for x, y in points], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB) -> None:
        """Paint an upright rectangle."""
        k = self.size
        self.pen.rectangle((left * k, top * k, max(left, right) * k, max(top, bottom) * k), fill=fill)

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: RGB) -> None:
        """Paint an ellipse."""
        k = self.size
        self.pen.ellipse(((cx - rx) * k, (cy - ry) * k, (cx + rx) * k, (cy + ry) * k), fill=fill)

    def line(self, points: Points, width: float, fill: RGB) -> None:
        """Paint a line."""
        scaled = [(x * self.size, y * self.size) for x, y in points]
        self.pen.line(scaled, fill=fill, width=max(1, round(width * self.size)), joint="curve")

    def between(self, low: float, high: float) -> float:
        """A number from this interval, by chance."""
        return float(self.rng.uniform(low, high))

    def one_of(self, choices: Sequence):
        """One of the choices, by chance."""
        return choices[int(self.rng.integers(len(choices)))]

    def heaven(self, clouds: int = 3) -> None:
        """Paint the sky down to the horizon, with sun and clouds."""
        top, low = SKIES[self.sky]
        self.slope(0, self.horizon, top, low)
        if self.sky != "overcast" and self.rng.random() < 0.5:
            y = self.between(0.06, 0.2) if self.sky == "day" else self.horizon - self.between(0.03, 0.12)
            self.oval(self.between(0.1, 0.9), y, 0.055, 0.055, (255, 240, 180))
        cloud = {"day": (248, 250, 252), "sunset": (250, 200, 170), "overcast": (180, 184, 192)}[self.sky]
        for _ in range(int(self.rng.integers(clouds + 1)) + (2 if self.sky == "overcast" else 0)):
            x, y, r = self.between(0, 1), self.between(0.04, self.horizon * 0.6), self.between(0.03, 0.06)
            for dx, dy, k in ((-1.3, 0.3, 0.8), (0, 0, 1.1), (1.3, 0.25, 0.85), (2.3, 0.5, 0.5)):
                self.oval(x + dx * r, y + dy * r, r * k * 1.2, r * k * 0.7, cloud)

    def specks(self, top: float, fill: RGB, count: int, long: float = 0.0, high: float = 0.0) -> None:
        """Scatter short strokes below `top`: grass, pebbles, waves."""
        spots = self.rng.random((count, 2))
        for x, share in spots.tolist():
            y = top + share * (1 - top)
            near = 0.4 + share
            self.line([(x, y), (x + long * near, y - high * near)], 0.007 * near, fill)

    def hills(self, base: float, height: float, fill: RGB) -> None:
        """Paint a rolling skyline that ends at `base`."""
        phase, rise = self.between(0, 6.28), self.between(0.5, 1)
        ridge = [
            (x / 16, base - height * (0.55 + 0.3 * np.sin(x * 0.7 + phase) + 0.15 * rise * np.sin(x * 1.7)))
            for x in range(17)
        ]
        self.polygon([(0, base), *ridge, (1, base)], fill)
