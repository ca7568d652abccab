"""The report as people use it, in a real browser: with the mouse, with the keyboard, without a network."""

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import squareform

from tests.browser.conftest import AXE, HOSTILE, IDS, N, make_study, open_page
from tyrosine.report.explorer import STEPS

pytest.importorskip("selenium", reason="the package selenium, which drives the browser, is not installed")
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

CELL = """
const [plot, row, column] = arguments;
const model = tyrosine.documents.rdms.roots()[0].children[plot];
const view = Bokeh.index.find_one(model);
const [frame, place] = [view.frame.bbox, view.el.getBoundingClientRect()];
const size = frame.width / tyrosine.content.ids.length;
return [place.left + frame.left + (column + 0.5) * size, place.top + frame.top + (row + 0.5) * size];
"""


def cell_on_screen(page, row, column, plot=0):
    element = page.find_element(By.ID, "cells")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    return [round(coordinate) for coordinate in page.execute_script(CELL, plot, row, column)]


def move_to(page, *where):
    actions = ActionChains(page)
    actions.w3c_actions.pointer_action.move_to_location(*where)
    actions.perform()


def drag(page, start, end):
    actions = ActionChains(page)
    pointer = actions.w3c_actions.pointer_action
    pointer.move_to_location(*start)
    pointer.pointer_down()
    pointer.move_to_location(*end)
    pointer.pointer_up()
    actions.perform()


def pair(page):
    """Stimuli, captions, sources of images and dissimilarities that the explorer shows of the chosen cell."""
    shown = page.find_element(By.ID, "pair")
    captions = [one.text for one in shown.find_elements(By.TAG_NAME, "figcaption")]
    images = [one.get_attribute("src") for one in shown.find_elements(By.TAG_NAME, "img")]
    names = [one.text for one in shown.find_elements(By.TAG_NAME, "dt")]
    values = [one.text for one in shown.find_elements(By.TAG_NAME, "dd")]
    return captions, images, dict(zip(names, values))


def choose(page, select, name):
    Select(page.find_element(By.ID, select)).select_by_visible_text(name)


def check_pair(study, page, row, column):
    """The pair is that of the cell, and its dissimilarities are those of the RDMs, but for the steps."""
    captions, images, values = pair(page)
    numbers = [study.positions[row], study.positions[column]]
    assert captions == [f"{IDS[number]} {study.captions[number]}" for number in numbers]
    explored = page.execute_script("return tyrosine.content.images")
    assert images == [explored[number] for number in numbers]
    assert len(values) == 2
    for name, text in values.items():
        rdm = study.values[name]
        step = (rdm.max() - rdm.min()) / STEPS
        assert float(text) == pytest.approx(squareform(rdm)[tuple(numbers)], abs=0.51 * step + 0.0005), name


def test_no_error_and_nothing_from_elsewhere(page):
    errors = [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert errors == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert [name for name in loaded if not name.startswith(("data:", "blob:"))] == []


def test_hostile_captions_and_names_are_shown_as_they_are_and_not_run(page):
    assert page.execute_script("return window.hacked") is None
    options = [one.text for one in Select(page.find_element(By.ID, "choose-left")).options]
    assert HOSTILE in options
    boxes = [one.text for one in page.find_elements(By.CSS_SELECTOR, ".switches label")]
    assert HOSTILE in boxes
    assert page.find_element(By.TAG_NAME, "h1").text == f"A study {HOSTILE}"
    choose(page, "choose-right", HOSTILE)
    page.execute_script("tyrosine.pointAt(0.5, tyrosine.content.orders[0].stimuli.indexOf(3) + 0.5)")
    assert pair(page)[0][0] == f"00003 {HOSTILE}"
    assert page.execute_script("return window.hacked") is None


@pytest.mark.parametrize(("row", "column", "plot"), [(2, 7, 0), (9, 1, 0), (0, 11, 1)])
def test_pointing_at_a_cell_shows_its_pair(study, page, row, column, plot):
    move_to(page, *cell_on_screen(page, row, column, plot))
    check_pair(study, page, row, column)


def test_other_rdms_and_orders_are_chosen(study, page):
    choose(page, "choose-left", "PPA, subject 2")
    choose(page, "choose-right", "BERT")
    move_to(page, *cell_on_screen(page, 4, 8))
    check_pair(study, page, 4, 8)
    assert set(pair(page)[2]) == {"PPA, subject 2", "BERT"}

    choose(page, "choose-order", "order of the study")
    move_to(page, *cell_on_screen(page, 4, 9))
    assert [caption.split()[0] for caption in pair(page)[0]] == [IDS[4], IDS[9]]


def test_the_drawn_rdm_is_the_square_matrix_in_the_order_of_its_clusters(study, page):
    choose(page, "choose-left", "PPA, subject 2")
    codes = page.execute_script(
        "return Array.from(tyrosine.documents.rdms.get_model_by_name('left').data.image[0])"
    )
    rdm = study.values["PPA, subject 2"]
    scaled = squareform((rdm - rdm.min()) / (rdm.max() - rdm.min()) * STEPS)
    expected = scaled[np.ix_(study.positions, study.positions)]
    assert np.abs(np.reshape(codes, (N, N)) - expected).max() <= 0.5 + 1e-9


def test_a_cell_has_the_colour_of_its_dissimilarity_where_it_is_drawn(study, page):
    cells = [(1, 3), (8, 2), (10, 6), (0, 11)]
    places = [cell_on_screen(page, *cell) for cell in cells]
    move_to(page, 2, 2)
    screen = np.asarray(Image.open(io.BytesIO(page.get_screenshot_as_png())).convert("RGB")).astype(int)

    rdm = study.values["EBA, mean over subjects"]
    scaled = (squareform(rdm) - rdm.min()) / (rdm.max() - rdm.min())
    for (row, column), (x, y) in zip(cells, places):
        share = scaled[study.positions[row], study.positions[column]]
        expected = 255 * np.array(matplotlib.colormaps["inferno"](round(share * STEPS) / STEPS)[:3])
        np.testing.assert_allclose(screen[y, x], expected, atol=4)


def test_the_bounds_of_clusters_stand_between_them(page):
    ends = page.execute_script("return tyrosine.documents.rdms.get_model_by_name('left-bounds').data.x0")
    assert ends[:2] == [5, 9]


def test_dragging_over_a_block_lists_its_stimuli(study, page):
    drag(page, cell_on_screen(page, 1, 6), cell_on_screen(page, 3, 7))

    parts = page.find_elements(By.CSS_SELECTOR, "#block details")
    listed = [
        [one.text.split()[0] for one in part.find_elements(By.TAG_NAME, "figcaption")] for part in parts
    ]
    assert listed == [
        [IDS[study.positions[place]] for place in places] for places in (range(1, 4), range(6, 8))
    ]


def test_the_keyboard_moves_from_cell_to_cell_and_selects_a_block(study, page):
    cells = page.find_element(By.ID, "cells")
    page.execute_script("document.getElementById('choose-order').focus()")
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element == cells

    ActionChains(page).send_keys(Keys.ARROW_DOWN * 3 + Keys.ARROW_RIGHT * 4).perform()
    check_pair(study, page, 3, 5)

    actions = ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    actions.key_up(Keys.SHIFT).perform()
    listed = [one.text.split()[0] for one in page.find_elements(By.CSS_SELECTOR, "#block figcaption")]
    assert listed == [IDS[study.positions[place]] for place in (3, 4, 5, 6)]


def drawing_of(page, plot):
    """What is drawn in a plot, as the data of its canvas."""
    return page.execute_script(
        "const view = Bokeh.index.find_one(tyrosine.documents[arguments[0]].roots()[0]);"
        "return view.export().canvas.toDataURL()",
        plot,
    )


def test_models_are_switched_on_and_off(page):
    first = page.find_element(By.CSS_SELECTOR, "input[data-model=vit]")
    before = drawing_of(page, "similarities")

    first.click()
    without = drawing_of(page, "similarities")
    assert without != before
    first.send_keys(Keys.SPACE)
    assert drawing_of(page, "similarities") == before

    twin = page.find_element(By.CSS_SELECTOR, "input[data-model=vit_untrained]")
    assert not twin.is_selected()
    twin.click()
    assert drawing_of(page, "similarities") not in (before, without)


def test_pointing_at_a_mean_tells_model_region_and_numbers(page):
    plot = page.find_element(By.ID, "plot-similarities")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    name, mean, *place = page.execute_script(
        """
        const model = tyrosine.documents.similarities.roots()[0];
        const renderer = tyrosine.documents.similarities.get_model_by_name("mean:bert");
        const view = Bokeh.index.find_one(model);
        const at = Bokeh.index.find_one(renderer).glyph;
        const [frame, box] = [view.frame.bbox, view.el.getBoundingClientRect()];
        const data = renderer.data_source.data;
        return [data.region[4], data.mean[4], box.left + at.sx[4], box.top + at.sy[4]];
        """
    )
    move_to(page, *map(round, place))

    told = page.execute_script(
        """
        const within = (root) => [...root.querySelectorAll("*")].flatMap(
          (one) => [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])],
        );
        const tips = within(document.body).filter((one) => one.classList.contains("bk-Tooltip"));
        return tips.flatMap((one) => [...one.shadowRoot.children]).map((part) => part.textContent).join(" ");
        """
    )
    assert HOSTILE in told
    assert name in told
    assert f"{mean:.3f}" in told
    assert page.execute_script("return window.hacked") is None


def test_the_map_shows_the_chosen_rdm_and_the_nearest_stimulus(page):
    before = drawing_of(page, "map")
    choose(page, "choose-map", "BERT")
    assert drawing_of(page, "map") != before

    points = page.execute_script(
        "const data = tyrosine.documents.map.get_model_by_name('map').data; return [[...data.x], [...data.y]]"
    )
    page.execute_script("tyrosine.nearTo(arguments[0], arguments[1])", points[0][7] + 0.1, points[1][7])
    assert page.find_element(By.CSS_SELECTOR, "#map-stimulus b").text == IDS[7]


def test_tables_sort_by_their_headings_and_filter_by_words(page):
    table = page.find_element(By.CSS_SELECTOR, "#results table.sorts")

    def regions():
        rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
        return [row.text.split()[0] for row in rows if row.is_displayed()]

    assert regions() == list("bcadef")
    heading = table.find_elements(By.CSS_SELECTOR, "th button")[1]
    heading.click()
    assert regions() == list("ceabfd")
    heading.send_keys(Keys.ENTER)
    # The region without a number stays below.
    assert regions() == list("fbaecd")
    page.find_element(By.CSS_SELECTOR, "#results input[type=search]").send_keys("0.2")
    assert regions() == ["a"]


def test_without_images_there_are_captions_alone(browser, tmp_path):
    study = make_study(images=False)
    open_page(browser, study.html, tmp_path / "report.html")

    assert "data:image" not in study.html.split('id="explorer-content"')[1].split("</script>")[0]
    move_to(browser, *cell_on_screen(browser, 2, 7))
    captions, images, _ = pair(browser)
    assert captions == [
        f"{IDS[number]} {study.captions[number]}" for number in (study.positions[2], study.positions[7])
    ]
    assert images == []


def test_nothing_hinders_people_who_cannot_see_or_use_a_mouse(page):
    if not AXE.exists():
        pytest.skip("axe-core is not installed; npm ci --prefix tests/browser does it")
    page.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run().then(arguments[0])")

    assert len(found["passes"]) > 20
    severe = [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert severe == []
