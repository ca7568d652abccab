"""Figures are saved in all their formats or not at all, and are read back as pictures with captions."""

import base64
import json
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from kedro.io import DatasetError
from matplotlib.figure import Figure
from PIL import Image

from tyrosine.catalog.figures import FigureFile, FigureFolder
from tyrosine.figures import style
from tyrosine.figures.illustrations import Illustration

STARTS = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


def illustration(*formats, caption="A line", height=1.0):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, height])
    return Illustration(caption, figure, formats or ("png",))


class Broken(Figure):
    """A figure that cannot be drawn as a PDF."""

    def savefig(self, *args, format, **kwargs):
        if format == "pdf":
            raise OSError("No space left on device")
        super().savefig(*args, format=format, **kwargs)


@pytest.mark.parametrize("formats", [("png",), ("png", "pdf"), ("svg", "png", "pdf")])
def test_a_figure_is_saved_in_all_its_formats(tmp_path, formats):
    FigureFile(filepath=tmp_path / "plot.png").save(illustration(*formats))

    assert {path.name for path in tmp_path.iterdir()} == {"plot.json", *(f"plot.{fmt}" for fmt in formats)}
    for fmt in formats:
        assert (tmp_path / f"plot.{fmt}").read_bytes().startswith(STARTS[fmt])


def test_a_figure_loads_as_the_bytes_of_its_png_with_its_caption(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    file.save(illustration("png", "pdf", caption="A line, ρ = 1"))

    assert file.load() == (tmp_path / "plot.png").read_bytes()
    assert file.load().caption == "A line, ρ = 1"
    assert base64.b64decode(file.preview()) == file.load()


def test_a_figure_has_as_many_dots_per_inch_as_its_entry_says(tmp_path):
    for dpi in (100, 200):
        file = FigureFile(filepath=tmp_path / "plot.png", dpi=dpi)
        file.save(illustration())
        assert Image.open(BytesIO(file.load())).size == (2 * dpi, dpi)


def test_formats_that_are_no_longer_asked_for_do_not_stay(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    (tmp_path / "plot.txt").write_text("of somebody else")
    file.save(illustration("png", "pdf", "svg"))
    file.save(illustration("png"))

    assert {path.name for path in tmp_path.iterdir()} == {"plot.json", "plot.png", "plot.txt"}


@pytest.mark.parametrize("formats", [("png", "pdf", "svg")])
def test_two_runs_give_the_same_bytes(tmp_path, formats, monkeypatch):
    for folder, epoch in (("one", "0"), ("two", "86400")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        FigureFile(filepath=tmp_path / folder / "plot.png").save(illustration(*formats))
    for fmt in formats:
        one, two = ((tmp_path / folder / f"plot.{fmt}").read_bytes() for folder in ("one", "two"))
        assert one == two


def test_a_figure_that_fails_in_one_format_leaves_the_files_of_the_last_one(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    file.save(illustration("png", "pdf"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = Broken(figsize=(2, 1))
    with pytest.raises(DatasetError, match="No space left"):
        file.save(Illustration("Another", broken, ("png", "pdf")))

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_figure_of_which_a_file_is_missing_does_not_exist(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    assert not file.exists()
    for missing in ("plot.png", "plot.json"):
        file.save(illustration())
        assert file.exists()
        (tmp_path / missing).unlink()
        assert not file.exists()


@pytest.mark.parametrize("dataset", [FigureFile, FigureFolder])
def test_missing_figures_say_what_to_run(tmp_path, dataset):
    with pytest.raises(DatasetError, match="plots does not exist; run the pipeline"):
        dataset(filepath=tmp_path / "plots").load()


def test_a_broken_record_is_refused_by_name(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    file.save(illustration())
    (tmp_path / "plot.json").write_text("{")
    with pytest.raises(DatasetError, match=r"plot.json is truncated or not the record of a figure"):
        file.load()


def test_a_folder_holds_only_the_last_figures_in_their_formats(tmp_path):
    folder = FigureFolder(filepath=tmp_path / "plots")
    folder.save({"a": illustration("png", "pdf"), "b": illustration()})
    folder.save({"c": illustration("png", "svg", caption="The third")})

    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"c.png", "c.svg", "captions.json"}
    assert json.loads((tmp_path / "plots/captions.json").read_text()) == {"c": "The third"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["plots"]


def test_a_folder_loads_as_pictures_by_name_with_their_captions_in_the_order_in_which_they_were_drawn(
    tmp_path,
):
    folder = FigureFolder(filepath=tmp_path / "plots")
    folder.save(
        {"subj02_early_visual": illustration(caption="Two"), "subj01_V1.d": illustration(caption="One")}
    )

    loaded = folder.load()
    assert [(name, picture.caption) for name, picture in loaded.items()] == [
        ("subj02_early_visual", "Two"),
        ("subj01_V1.d", "One"),
    ]
    for name, picture in loaded.items():
        assert picture == (tmp_path / "plots" / f"{name}.png").read_bytes()
        assert picture.files == (tmp_path / "plots" / f"{name}.png",)
    assert base64.b64decode(folder.preview()) == loaded["subj02_early_visual"]


def test_pictures_know_their_files(tmp_path):
    file = FigureFile(filepath=tmp_path / "plot.png")
    file.save(illustration("png", "svg"))
    assert file.load().files == (tmp_path / "plot.png", tmp_path / "plot.svg")
    folder = FigureFolder(filepath=tmp_path / "plots")
    folder.save({"a": illustration("png", "pdf"), "b": illustration()})
    assert [[path.name for path in one.files] for one in folder.load().values()] == [
        ["a.png", "a.pdf"],
        ["b.png"],
    ]


def test_a_folder_may_have_no_figures(tmp_path):
    folder = FigureFolder(filepath=tmp_path / "plots")
    for figures in ({}, {"a": illustration()}, {}):
        folder.save(figures)

    assert folder.load() == {}
    assert Image.open(BytesIO(base64.b64decode(folder.preview()))).size == (1, 1)


def test_a_pdf_keeps_the_values_of_a_small_image_and_the_png_is_smoothed_as_before(tmp_path):
    values = np.random.default_rng(0).random((50, 50))

    def draw():
        with style.paper_style():
            figure = style.new_figure(2, 2, "A heading", simulated=False)
            return figure, figure.subplots().imshow(values)

    plain = BytesIO()
    draw()[0].savefig(plain, dpi=200)
    figure, image = draw()
    files = Illustration("", figure, ("png", "pdf")).render(200)

    np.testing.assert_array_equal(
        np.asarray(Image.open(BytesIO(files["png"]))), np.asarray(Image.open(BytesIO(plain.getvalue())))
    )
    assert b"/Width 50" in files["pdf"] and b"/Height 50" in files["pdf"]
    assert image.get_interpolation() == matplotlib.rcParams["image.interpolation"]
