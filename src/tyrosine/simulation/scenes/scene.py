"""A scene: the background, the objects in it and the captions."""

from __future__ import annotations

from dataclasses import dataclass

from tyrosine.simulation.scenes.pens import RGB


@dataclass(frozen=True)
class SceneObject:
    """One drawn object.

    Attributes
    ----------
    category, supercategory : str
        COCO's names.
    category_id : int
        COCO's id.
    x, y : float
        Centre of the bounding box, as shares of the picture from its left and top edge.
    size : float
        Height of the bounding box as a share of the picture.
    face : bool
        Whether a face is large enough to see its eyes.
    body : bool
        Whether the whole body of a person or an animal is visible.
    pose, look : str
        What it does, and which kind of it this is (a person's look, or a variant).
    colour : str
        The colour that captions may name, or nothing.
    garment : str
        What a person wears in this colour, or nothing.
    tones : tuple of RGB
        Colours to draw with, the main one first.
    mirrored : bool
        Whether it faces left.
    support : str
        The category of the furniture on which it lies, or nothing.
    """

    category: str
    category_id: int
    supercategory: str
    x: float
    y: float
    size: float
    face: bool
    body: bool
    pose: str
    look: str
    colour: str
    garment: str
    tones: tuple[RGB, ...]
    mirrored: bool
    support: str


@dataclass(frozen=True)
class Scene:
    """A picture's content: a background, one to three objects from back to front, and five captions.

    Attributes
    ----------
    background : str
        A key of `BACKGROUNDS`.
    indoor : bool
        Whether it is a room or a table in one.
    buildings : int
        Number of buildings drawn.
    objects : tuple of SceneObject
        In drawing order, the front one last.
    captions : tuple of str
        Five sentences.
    main : int
        Index of the object that the scene is about; every caption names it.
    building : str
        The kind of its buildings, or nothing.
    horizon : float
        Where ground or floor begin, as a share of the picture from its top.
    sky : str
        A key of `canvas.SKIES`.
    light : tuple of float
        What red, green and blue are multiplied with.
    texture : int
        Seed of details that no caption names: clouds, trees, grain.
    """

    background: str
    indoor: bool
    buildings: int
    objects: tuple[SceneObject, ...]
    captions: tuple[str, ...]
    main: int
    building: str
    horizon: float
    sky: str
    light: tuple[float, float, float]
    texture: int
