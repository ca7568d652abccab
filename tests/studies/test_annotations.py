"""COCO's annotations: read in pieces, cropped as NSD crops, joined to the right stimuli."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tests.conftest import NSD_872_IDS as IDS
from tyrosine.errors import StudyError
from tyrosine.studies import layouts
from tyrosine.studies.annotations import metadata_table, stream_array
from tyrosine.studies.cropping import share_inside

WHOLE = {
    "info": {"year": 2017, "nested": [1, {"a": "]}"}]},
    "count": 12345,
    "images": [{"id": 7, "width": 640, "height": 480.5}, {"id": 8, "note": 'a "quoted" ], é \\ 🐘'}],
    "annotations": [{"image_id": 7, "bbox": [1.5, -2e3, 0, 12]}, [], "text", 12, None, True],
    "categories": [],
}


def read(root, **options):
    return layouts.read_stimuli(layouts.open_study(root, "auto"), **options)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 1 << 20])
def test_a_stream_gives_what_json_gives(tmp_path, chunk, ascii_only, indent):
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(WHOLE, indent=indent, ensure_ascii=ascii_only), encoding="utf-8")

    for name in ("images", "annotations", "categories"):
        assert list(stream_array(path, name, buffer_bytes=chunk)) == WHOLE[name]


def test_a_byte_order_mark_is_no_part_of_the_json(tmp_path):
    (tmp_path / "marked.json").write_text('{"annotations": [1]}', encoding="utf-8-sig")
    assert list(stream_array(tmp_path / "marked.json", "annotations")) == [1]


def test_an_array_that_is_not_required_may_be_absent(tmp_path):
    (tmp_path / "few.json").write_text('{"annotations": []}')
    assert list(stream_array(tmp_path / "few.json", "annotations")) == []
    assert list(stream_array(tmp_path / "few.json", "images", required=False)) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "12", '{"annotations": [1, 2', '{"annotations": [1 2]}', '{"annotations": [1,]}', "{}",
     '{"annotations": []} x', '{"images": []}', '{"annotations" []}', '{"annotations": [], }', "{1: 2}"],
)  # fmt: skip
def test_what_is_not_json_or_lacks_the_array_is_refused(tmp_path, text):
    (tmp_path / "broken.json").write_text(text)

    with pytest.raises(ValueError, match="."):
        list(stream_array(tmp_path / "broken.json", "annotations", buffer_bytes=3))


def test_a_long_file_needs_little_memory(tmp_path):
    path = tmp_path / "long.json"
    entry = json.dumps({"image_id": 1, "category_id": 2, "segmentation": [[12.25] * 200]})
    with path.open("w") as file:
        file.write('{"annotations": [' + entry)
        for _ in range(60):
            file.write(("," + entry) * 1000)
        file.write("]}")
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from tyrosine.studies.annotations import stream_array\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "n = sum(1 for _ in stream_array(Path(sys.argv[1]), 'annotations'))\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)

    count, kilobytes = (int(word) for word in ended.stdout.split())
    assert count == 60_001
    assert path.stat().st_size > 80e6
    # Far less than the file itself; json.load takes several times its size.
    assert kilobytes < (60_000 if sys.platform != "darwin" else 60_000_000)


@pytest.mark.parametrize(
    ("box", "outline", "crop", "share"),
    [
        # A box of 100 by 100 in the left tenth of a picture of 1000 by 500.
        ([0, 0, 100, 100], None, (0, 0, 0.05, 0), 0.5),
        ([0, 0, 100, 100], None, (0, 0, 0.1, 0), 0.0),
        ([0, 0, 100, 100], None, (0.1, 0, 0.05, 0), 0.25),
        ([900, 400, 100, 100], None, (0, 0.1, 0, 0.05), 0.25),
        # A right triangle: cut halfway along its legs, a quarter of it is left beyond the cut.
        ([0, 0, 100, 100], [[0, 0, 100, 0, 0, 100]], (0, 0, 0.05, 0), 0.25),
        # Two parts, one of them cropped away.
        ([0, 0, 510, 9], [[0, 0, 9, 0, 9, 9, 0, 9], [500, 0, 509, 0, 509, 9, 500, 9]], (0, 0, 0.2, 0), 0.5),
        # A crowd has a run-length code instead of an outline.
        ([0, 0, 100, 100], {"counts": [1, 2], "size": [500, 1000]}, (0, 0, 0.05, 0), 0.5),
        # No area at all: the point counts.
        ([300, 10, 0, 0], None, (0, 0, 0.2, 0), 1.0),
    ],
)  # fmt: skip
def test_the_share_that_a_crop_leaves_is_that_of_areas(box, outline, crop, share):
    assert share_inside(box, outline, crop, (1000, 500)) == pytest.approx(share)


def test_the_share_of_a_concave_outline_is_that_of_its_pixels():
    from PIL import Image, ImageDraw

    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    radius = np.where(np.arange(20) % 2, 180, 420)
    points = np.stack([480 + radius * np.cos(angles), 520 + radius * np.sin(angles)], axis=1)
    picture = Image.new("1", (1000, 1000))
    ImageDraw.Draw(picture).polygon([tuple(point) for point in points], fill=1)
    pixels = np.asarray(picture)

    share = share_inside([0, 0, 1, 1], [list(points.ravel())], (0.2, 0.1, 0.35, 0), (1000, 1000))

    assert share == pytest.approx(pixels[200:900, 350:].sum() / pixels.sum(), abs=0.01)


def write_coco(folder):
    """Two objects in each image: a person on the left edge that the crop takes, a dog in the middle."""
    folder.mkdir(exist_ok=True)
    images, things, captions = [], [], []
    for i in IDS:
        coco_id = i + 100_000
        images.append({"id": coco_id, "width": 640, "height": 480})
        things += [
            {"image_id": coco_id, "category_id": 1, "bbox": [0, 100, 100, 100], "segmentation": []},
            {"image_id": coco_id, "category_id": 18, "bbox": [300, 100, 100, 100], "segmentation": []},
        ]
        captions += [
            {"image_id": coco_id, "caption": f"{word} caption of {i} .\n"}
            for word in ("First", "Third", "Second", "Fourth", "Fifth")
        ]
    half = len(IDS) // 2
    categories = [
        {"id": 1, "name": "person", "supercategory": "person"},
        {"id": 18, "name": "dog", "supercategory": "animal"},
    ]
    for part, start, stop in (("train", 0, half), ("val", half, len(IDS))):
        text = {
            "images": images[start:stop],
            "annotations": things[2 * start : 2 * stop],
            "categories": categories,
        }
        (folder / f"instances_{part}2017.json").write_text(json.dumps(text))
        text = {"annotations": captions[5 * start : 5 * stop]}
        (folder / f"captions_{part}2017.json").write_text(json.dumps(text))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_categories_are_those_that_the_crop_leaves(nsd_872, tmp_path, elsewhere):
    folder = tmp_path / "coco" if elsewhere else nsd_872
    write_coco(folder)

    # The crop takes an eighth of 640 pixels, so 20 of the person's 100.
    half = read(nsd_872, coco_path=folder if elsewhere else None, crop_share=0.5)
    fifth = read(nsd_872, coco_path=folder if elsewhere else None, crop_share=0.2)

    assert half["category_ids"].tolist() == [[18]] * 6
    assert half["categories"][0] == ["dog"]
    assert half["supercategories"][0] == ["animal"]
    assert half["uncropped_category_ids"].tolist() == [[1, 18]] * 6
    assert fifth["category_ids"].tolist() == [[1, 18]] * 6


def test_the_main_category_has_the_largest_visible_area_of_all_its_objects(nsd_872):
    write_coco(nsd_872)
    path = nsd_872 / "instances_train2017.json"
    coco = json.loads(path.read_text())
    first, second, third = (IDS[k] + 100_000 for k in range(3))
    box = {"bbox": [300, 300, 100, 100], "segmentation": []}
    coco["annotations"] = [
        # Two dogs of 10 000 squared pixels are more than a person of 15 000.
        {"image_id": first, "category_id": 1, "area": 15_000, **box},
        {"image_id": first, "category_id": 18, **box},
        {"image_id": first, "category_id": 18, **box},
        # The crop leaves a fifth of the person.
        {"image_id": second, "category_id": 1, "bbox": [0, 0, 100, 200], "segmentation": []},
        {"image_id": second, "category_id": 18, "area": 9_000, **box},
    ]
    path.write_text(json.dumps(coco))

    stimuli = read(nsd_872, crop_share=0.0).set_index("coco_id")

    assert stimuli.loc[[first, second], "main_category"].tolist() == ["dog", "dog"]
    assert stimuli.loc[first, "main_supercategory"] == "animal"
    assert pd.isna(stimuli.loc[third, "main_category"])


def test_all_captions_follow_the_studys_own(nsd_872):
    write_coco(nsd_872)

    captions = read(nsd_872)["captions"][0]

    assert captions == [
        "First caption of 4.", "Second caption of 4.", "Third caption of 4 .", "Fourth caption of 4 .",
        "Fifth caption of 4 .",
    ]  # fmt: skip


def test_cocos_captions_will_do_where_the_folder_has_none(nsd_872):
    import shutil

    write_coco(nsd_872)
    shutil.rmtree(nsd_872 / "NSD_872_captions")

    assert read(nsd_872)["captions"].map(len).tolist() == [5] * 6


def test_captions_of_other_images_are_refused(nsd_872):
    write_coco(nsd_872)
    folder = nsd_872 / "NSD_872_captions"
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    for path, text in zip(sorted(folder.iterdir()), [*texts[1:], texts[0]]):
        path.write_text(text)

    with pytest.raises(StudyError, match="disagree for 6 of 6.*00004: 'First caption of 7.'.*and 3 more"):
        read(nsd_872)


def test_an_image_without_captions_in_coco_is_refused(nsd_872):
    write_coco(nsd_872)
    (nsd_872 / "captions_val2017.json").unlink()

    with pytest.raises(StudyError, match="no caption for 3 of 6 stimuli .*train2017 and val2017"):
        read(nsd_872)


def test_a_crop_without_a_size_is_refused(nsd_872):
    write_coco(nsd_872)
    for part in ("train", "val"):
        path = nsd_872 / f"instances_{part}2017.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"images": []}))

    with pytest.raises(StudyError, match="no size of image 1000"):
        read(nsd_872)


def test_a_coco_path_without_annotations_is_refused(nsd_872, tmp_path):
    with pytest.raises(StudyError, match="study.coco_path, .* holds none"):
        read(nsd_872, coco_path=tmp_path)


def test_orders_of_presentation_come_from_the_file_names(nsd_872):
    for subject, names in (
        (1, ["train-0001_nsd-00012.png", "train-0731_nsd-00004.png"]),
        (8, ["train-9_nsd-7.png"]),
    ):
        folder = nsd_872 / f"subj{subject:02d}/training_split/training_images"
        folder.mkdir(parents=True)
        for name in [*names, "notes.txt"]:
            (folder / name).touch()

    table = read(nsd_872)

    assert table["subj01_order"].tolist() == [731, pd.NA, 1, pd.NA, pd.NA, pd.NA]
    assert table["subj08_order"][1] == 9
    assert table["subj02_order"].isna().all()


def test_the_table_of_metadata_is_the_published_one(nsd_872, tmp_path):
    write_coco(nsd_872)

    metadata_table(read(nsd_872, crop_share=0.0)).to_csv(tmp_path / "table.csv", index=False)

    lines = (tmp_path / "table.csv").read_text().splitlines()
    orders = ",".join(f"subj{subject:02d}_order" for subject in range(1, 9))
    assert lines[0] == f"coco_id,nsd_id,caption,category_id,{orders}"
    assert lines[1].startswith("100004,4,First caption of 4.|Second caption of 4.|Third caption of 4 .|")
    assert lines[1].endswith(",1|18,,,,,,,,")
