"""Features of stimuli that no network makes: what an image or a caption shows on its surface, and categories.

Each function takes the `tyrosine.models.backends.Material` of all stimuli and returns an array of shape
(n_stimuli, n_features). An entry of the roster names one as its ``factory``, with ``backend: features``; a
function of the user's own is named likewise. Their RDMs are of squared Euclidean distances, or of Euclidean
ones where networks have these, so that a single number such as a word count has an RDM too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tyrosine.errors import ModelError
from tyrosine.models.backends.protocol import Material
from tyrosine.models.images import open_image
from tyrosine.wording import first_three

FloatArray = NDArray[np.float64]

PIXELS_A_SIDE = 32
CELLS_A_SIDE = 4
"""Rows and columns of the grid in whose cells contrast and Gabor energy are averaged."""
SIDE = 128
"""Pixels a side of the grey image that contrast and Gabor energy are computed from."""
WAVELENGTHS = (4.0, 8.0, 16.0, 32.0)
"""Of the Gabor filters, in pixels of that image: an octave apart."""
N_ORIENTATIONS = 6
BANDWIDTH = 0.4
"""Standard deviation of a Gabor filter in the frequency domain, as a share of its centre frequency."""
# Weights of red, green and blue in luma (ITU-R BT.601), as Pillow's mode L has them.
_LUMA = np.array([0.299, 0.587, 0.114])


def pixels(shown: Material) -> FloatArray:
    """Red, green and blue of each pixel of the image, brought to 32 × 32 pixels.

    Returns
    -------
    ndarray of shape (n_stimuli, 3072), float64
        From 0 to 1.
    """
    return np.stack([image.ravel() for image in _images(shown, PIXELS_A_SIDE)])


def colour_and_contrast(shown: Material) -> FloatArray:
    """Mean colour of the image, and contrast energy in a grid of 4 × 4 cells.

    Returns
    -------
    ndarray of shape (n_stimuli, 19), float64
        The means of red, green and blue, and for each cell the variance of luma around the image's mean;
        standardised over stimuli. Colour and contrast have the same weight in a distance.
    """
    colours, contrasts = [], []
    for image in _images(shown, SIDE):
        luma = image @ _LUMA
        colours.append(image.mean(axis=(0, 1)))
        contrasts.append(_mean_of_cells((luma - luma.mean()) ** 2))
    parts = [_standardise(np.stack(part)) for part in (colours, contrasts)]
    return np.hstack([part / np.sqrt(part.shape[1]) for part in parts])


def gabor_energy(shown: Material) -> FloatArray:
    """Energy of a pyramid of Gabor filters of 4 wavelengths and 6 orientations, in a grid of 4 × 4 cells.

    Returns
    -------
    ndarray of shape (n_stimuli, 384), float64
        Standardised over stimuli, so that every wavelength has the same weight in a distance.

    See Also
    --------
    gabor_energies : the energies of one image, not standardised.
    """
    energies = [_mean_of_cells(gabor_energies(image @ _LUMA)).ravel() for image in _images(shown, SIDE)]
    return _standardise(np.stack(energies))


def gabor_energies(luma: FloatArray) -> FloatArray:
    """Energy of Gabor filters at every pixel of a square grey image.

    Parameters
    ----------
    luma : ndarray of shape (n, n)

    Returns
    -------
    ndarray of shape (len(WAVELENGTHS), N_ORIENTATIONS, n, n), float64
        The sum of the squares of an even and an odd filter. Orientation k has its waves along the direction
        of k · 180 / `N_ORIENTATIONS` degrees from the rows' direction (left to right) downwards. A wave
        a·cos of a filter's own wavelength and orientation has energy a².

    References
    ----------
    Adelson & Bergen (1985), J Opt Soc Am A 2(2): 284-299 (energy of quadrature pairs); Kay et al. (2008),
    Nature 452: 352-355 (Gabor wavelet pyramid as a model of early visual cortex).
    """
    down, right = np.meshgrid(*(np.fft.fftfreq(size) for size in luma.shape), indexing="ij")
    spectrum = np.fft.fft2(luma - luma.mean())
    energies = np.empty((len(WAVELENGTHS), N_ORIENTATIONS, *luma.shape))
    for scale, wavelength in enumerate(WAVELENGTHS):
        for orientation in range(N_ORIENTATIONS):
            angle = np.pi * orientation / N_ORIENTATIONS
            off = (right - np.cos(angle) / wavelength) ** 2 + (down - np.sin(angle) / wavelength) ** 2
            # One side of the spectrum alone: the real part answers evenly and the imaginary part oddly.
            filtered = np.fft.ifft2(2.0 * spectrum * np.exp(-off / (2.0 * (BANDWIDTH / wavelength) ** 2)))
            energies[scale, orientation] = np.abs(filtered) ** 2
    return energies


def categories(shown: Material) -> FloatArray:
    """Which of the annotated categories are in the picture.

    Returns
    -------
    ndarray of shape (n_stimuli, n_categories), float64
        One or zero, for each category that any stimulus has, in alphabetical order.

    Raises
    ------
    ModelError
        If no stimulus has a category.
    """
    names = sorted({name for one in shown.categories for name in one})
    if not names:
        raise ModelError(
            "The stimuli have no categories; a study has them where its folder has COCO's annotations or "
            "study.coco_path names them."
        )
    return np.array([[float(name in set(one)) for name in names] for one in shown.categories])


def word_count(shown: Material) -> FloatArray:
    """Mean number of words of a stimulus's captions.

    Returns
    -------
    ndarray of shape (n_stimuli, 1), float64

    Raises
    ------
    ModelError
        If a stimulus has no caption.
    """
    return np.array([[np.mean([len(text.split()) for text in texts])] for texts in _captions(shown)])


def bag_of_words(shown: Material) -> FloatArray:
    """How often each word is in the captions of a stimulus, without scikit-learn's English stop words.

    Returns
    -------
    ndarray of shape (n_stimuli, n_words), float64
        Scaled to length one, so that half the squared distance is the cosine distance; all zero for captions
        of stop words alone.

    Raises
    ------
    ModelError
        If a stimulus has no caption, or no caption has another word.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    joined = [" ".join(texts) for texts in _captions(shown)]
    try:
        counts = CountVectorizer(stop_words="english").fit_transform(joined)
    except ValueError as error:
        raise ModelError("The captions have no word that is no stop word; leave bag_of_words out.") from error
    return np.asarray(normalize(counts.astype(np.float64)).toarray())


def _images(shown: Material, side: int) -> Iterator[FloatArray]:
    """Every image as an array of shape (side, side, 3), from 0 to 1."""
    for name, path in zip(shown.ids, shown.paths):
        image = open_image(path, name).resize((side, side), Image.Resampling.BOX)
        yield np.asarray(image, dtype=np.float64) / 255.0


def _captions(shown: Material) -> list[list[str]]:
    without = [name for name, texts in zip(shown.ids, shown.captions) if not texts]
    if without:
        raise ModelError(
            f"The stimuli {first_three(without)} have no caption to count words in; leave features of "
            "captions out of roster, or give every stimulus of the study a caption."
        )
    return shown.captions


def _mean_of_cells(values: FloatArray) -> FloatArray:
    """Means over the cells of a grid, of shape (..., cells): the last two axes are those of the image."""
    *before, height, width = values.shape
    rows, columns = height // CELLS_A_SIDE, width // CELLS_A_SIDE
    cells = values.reshape(*before, CELLS_A_SIDE, rows, CELLS_A_SIDE, columns).mean(axis=(-3, -1))
    return cells.reshape(*before, CELLS_A_SIDE**2)


def _standardise(features: FloatArray) -> FloatArray:
    """Columns of mean zero and variance one; a column that is the same for all stimuli becomes zero."""
    deviations = features - features.mean(axis=0)
    spread = deviations.std(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(features).max(axis=0), 1e-300)
    return np.where(varies, deviations / np.where(varies, spread, 1.0), 0.0)
