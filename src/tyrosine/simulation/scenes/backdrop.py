"""A canvas with trees and buildings on it, which backgrounds are painted on."""

from __future__ import annotations

from collections.abc import Callable

from tyrosine.simulation.scenes.canvas import Canvas
from tyrosine.simulation.scenes.pens import RGB
from tyrosine.simulation.scenes.trees_and_buildings import BUILDINGS, TREES


class Backdrop(Canvas):
    """A canvas that knows how to paint trees and buildings."""

    def tree(self, x: float, base: float, height: float, kind: str, leaf: RGB) -> None:
        """Paint one tree, of a kind in `TREES`, that stands on the line `base`."""
        TREES[kind](self, x, base, height, leaf)

    def building(self, kind: str, x: float, base: float, height: float) -> None:
        """Paint one building, of a kind in `BUILDINGS`, that stands on the line `base`."""
        wall = self.one_of(
            ((226, 206, 170), (196, 110, 84), (214, 214, 210), (170, 190, 206), (230, 186, 130))
        )
        roof = self.one_of(((150, 62, 48), (98, 74, 70), (84, 92, 108)))
        BUILDINGS[kind](self, x, base, height, wall, roof)

    def buildings(self, kind: str, count: int, base: float, low: float, high: float) -> None:
        """Paint `count` buildings side by side on the line `base`, of heights between `low` and `high`."""
        if count:
            shift = self.between(-0.08, 0.08)
            for number in range(count):
                x = (number + 0.5) / count + shift + self.between(-0.03, 0.03)
                if count == 1:
                    x = self.between(0.2, 0.75)
                self.building(kind, x, base, self.between(low, high))


Paint = Callable[[Backdrop, str, int], None]
"""Paints a whole canvas, with so many buildings of this kind."""
