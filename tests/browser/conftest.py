"""A report with a made-up study in headless Chromium; the tests are skipped where there is none."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.figures.made_up import make_bootstraps, make_ceilings, make_similarities, make_view
from tyrosine.figures.illustrations import Illustration, Picture
from tyrosine.report.charts import Plots, draw_map, draw_rdm_pair, draw_similarities
from tyrosine.report.explorer import build_explorer
from tyrosine.report.first_screen import Line, ShortAnswer
from tyrosine.report.methods import Methods
from tyrosine.report.page import Report
from tyrosine.report.references import cited
from tyrosine.report.sections import Note, Table, as_gallery
from tyrosine.rsa.rdms import label_rdms

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script> $$x$$ {{ 1 }}'
N = 12
IDS = [f"{number:05d}" for number in range(N)]


class Study(NamedTuple):
    """The made-up study: its report as text, and the numbers that the report must show."""

    html: str
    captions: list
    values: dict
    """Condensed RDM by the name that the report gives it."""
    positions: list
    """Numbers of the stimuli in the order of the clusters of subject 1, EBA."""


def _rdms(names, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 0.3, (len(names), N * (N - 1) // 2))


def make_study(*, images=True, most_stimuli=200):
    brain = _rdms(range(4), 0)
    subjects, rois = [1, 1, 2, 2], ["EBA", "PPA", "EBA", "PPA"]
    brain_rdms = label_rdms(brain, IDS, {"subject": subjects, "roi": rois}, "crossnobis")
    models = _rdms(range(3), 1)
    labels = ["ViT", "BERT", HOSTILE]
    described = {
        "model": ["vit", "bert", "x"],
        "label": labels,
        "layer": ["last"] * 3,
        "reported": [True] * 3,
    }
    model_rdms = label_rdms(models, IDS, described, "correlation")
    positions = np.random.default_rng(2).permutation(N)
    clusters = pd.DataFrame(
        {"subject": 1, "roi": "EBA", "stimulus_id": [IDS[number] for number in positions],
         "position": range(N), "cluster": [1] * 5 + [2] * 4 + [3] * 3}
    )  # fmt: skip
    captions = [f"Caption of {stimulus_id}" for stimulus_id in IDS]
    captions[3] = HOSTILE
    stimuli = pd.DataFrame({"stimulus_id": IDS, "captions": [[caption, "Another."] for caption in captions]})

    def thumbnail(stimulus_id):
        return Image.new("RGB", (120, 90), (20 * int(stimulus_id), 80, 200))

    explorer = build_explorer(
        brain_rdms, model_rdms, clusters, stimuli, thumbnail if images else None, most_stimuli
    )
    similarities = make_similarities(18)
    known = make_view(18)
    # A name that is drawn, and shown where one points at.
    view = replace(known, models={**known.models, "bert": known.models["bert"]._replace(label=HOSTILE)})
    item, shown = draw_similarities(similarities, make_ceilings(), make_bootstraps(similarities), view=view)
    items = {"rdms": draw_rdm_pair(explorer, view), "similarities": item, "map": draw_map(explorer)}
    values = dict(zip(labels, models)) | {"EBA, mean over subjects": (brain[0] + brain[2]) / 2}
    values["PPA, subject 2"] = brain[3]
    html = _report(Plots(explorer, items, shown), images).render()
    return Study(html, captions, values, positions.tolist())


def _report(plots, images):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1])
    picture = Picture.captioned(Illustration("A figure", figure).render(100)["png"], "A figure")
    rows = pd.DataFrame({"region": list("bcadef"), "mean": [0.3, -0.1, 0.2, np.nan, 0.05, 1.5]})
    line = Line("A − B", "autoencoding", "better", "higher", "0.1", "0.0 to 0.2", "0.01", 50.0, 25.0, 75.0)
    text = "As others did [@Nili2014]."
    return Report(
        study={"title": f"A study {HOSTILE}", "simulated": True, "n_stimuli": N},
        parameters={"rdm": {"distance": HOSTILE}},
        versions={"numpy": "2.4.6"},
        sections=[Note(HOSTILE), Table("Similarity", rows), *as_gallery(picture), *as_gallery(picture)],
        short_answers=[ShortAnswer("Which?", "This one.", "Holds.", "Pearson r", "95 % CI", (line,), 25.0)],
        answers="<h3>Which?</h3><p>This one, in full.</p>",
        methods=Methods((("Inference", text),), tuple(cited([text]))),
        explorer=plots,
        images=images,
    )


@pytest.fixture(scope="session")
def study():
    return make_study()


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, driven by Selenium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(
            "no Chromium with its chromedriver; Debian has both: apt install chromium chromium-driver"
        )
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


def open_page(browser, html, path):
    """Open a page from a file, and wait until its plots are there."""
    from selenium.webdriver.support.ui import WebDriverWait

    path.write_text(html, encoding="utf-8")
    browser.get(path.as_uri())
    WebDriverWait(browser, 20).until(
        lambda one: one.execute_script("return document.documentElement.dataset.explorer") == "ready"
    )


@pytest.fixture
def page(browser, study, tmp_path):
    """The report, freshly opened."""
    browser.get_log("browser")
    open_page(browser, study.html, tmp_path / "report.html")
    return browser
