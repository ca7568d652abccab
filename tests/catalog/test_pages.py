"""A page is saved with links from where it lies, and tables as files that read back as they were."""

import pandas as pd
import pytest
from kedro.io import DatasetError

from tyrosine.catalog.pages import CSVFolder, PageFile


class Page:
    def render(self, folder):
        return f"a page in {folder.name}, ρ"


def test_a_page_is_rendered_for_the_folder_that_it_is_saved_in(tmp_path):
    file = PageFile(filepath=tmp_path / "reporting" / "report.html")
    file.save(Page())
    assert file.load() == "a page in reporting, ρ"


def test_a_page_that_cannot_be_rendered_leaves_the_old_one(tmp_path):
    file = PageFile(filepath=tmp_path / "report.html")
    file.save(Page())
    with pytest.raises(DatasetError):
        file.save("text")
    assert file.load().startswith("a page")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_tables_are_files_of_their_own_and_replace_what_was_there(tmp_path):
    folder = CSVFolder(filepath=tmp_path / "tables")
    folder.save({"old": pd.DataFrame({"a": [1]})})
    table = pd.DataFrame({"roi": ["EBA", "PPA, left"], "similarity": [0.125, 1e-9]})
    folder.save({"similarities": table})

    assert list(folder.load()) == ["similarities"]
    pd.testing.assert_frame_equal(pd.read_csv(folder.load()["similarities"]), table)


def test_missing_files_are_one_sentence(tmp_path):
    for dataset in (PageFile(filepath=tmp_path / "a.html"), CSVFolder(filepath=tmp_path / "b")):
        with pytest.raises(DatasetError, match="does not exist; run the pipeline"):
            dataset.load()
