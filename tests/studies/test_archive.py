"""Unpacking: what is taken off and dropped, and what is refused without a trace."""

import io
import random
import stat
import struct
import zipfile

import pytest

from tests.studies.archives import STUDY, zipped
from tyrosine.studies.archive import DamagedArchive, Joined, UnsafeArchive, unpack

LIMIT = 10**7


def contents(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def entry(name, mode=0, flags=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.flag_bits |= flags
    return info


def refuse(tmp_path, body, error=UnsafeArchive, match="", limit=LIMIT):
    root = tmp_path / "parent" / "study"
    root.parent.mkdir()
    with pytest.raises(error, match=match):
        unpack(io.BytesIO(body), root, limit)
    assert list(root.parent.iterdir()) == []
    assert list(tmp_path.iterdir()) == [root.parent]


def test_one_folder_around_everything_is_taken_off(tmp_path):
    body = zipped(
        {
            "Study name/": b"",
            **{f"Study name/{name}": content for name, content in STUDY.items()},
            "Study name/images/.DS_Store": b"mac",
            "__MACOSX/Study name/images/._00001.png": b"mac",
            "__MACOSX/._Study name": b"mac",
        }
    )
    unpack(io.BytesIO(body), tmp_path / "study", LIMIT)

    assert contents(tmp_path / "study") == STUDY
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_an_archive_without_such_a_folder_stays_as_it_is(tmp_path):
    unpack(io.BytesIO(zipped(STUDY)), tmp_path / "study", LIMIT)

    assert contents(tmp_path / "study") == STUDY


def test_slashes_of_windows_separate_folders(tmp_path):
    unpack(io.BytesIO(zipped({"images\\1.png": b"1", "a.csv": b"2"})), tmp_path / "study", LIMIT)

    assert contents(tmp_path / "study") == {"images/1.png": b"1", "a.csv": b"2"}


def test_what_a_killed_run_left_is_cleared_away(tmp_path):
    (tmp_path / ".study.unpacking").mkdir()
    (tmp_path / ".study.unpacking" / "half.npy").write_bytes(b"half")

    unpack(io.BytesIO(zipped(STUDY)), tmp_path / "study", LIMIT)

    assert contents(tmp_path / "study") == STUDY


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "images/../../evil.txt",
        "..",
        "/etc/evil",
        "//server/evil",
        "\\evil",
        "..\\evil",
        "C:/evil",
        "c:evil",
        "C:\\evil",
        "../folder/",
    ],
)
def test_paths_that_lead_out(tmp_path, name):
    refuse(tmp_path, zipped({**STUDY, name: b"evil"}), match="leads out of the study's folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices(tmp_path, kind):
    body = zipped({**STUDY, entry("images/link", kind | 0o777): b"/etc/passwd"})
    refuse(tmp_path, body, match="'images/link', a link or device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("again", ["a.csv", "./a.csv", ".//a.csv", ".\\a.csv"])
def test_a_path_twice(tmp_path, again):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", b"1")
        archive.writestr(again, b"2")
    refuse(tmp_path, buffer.getvalue(), match="'a.csv' twice")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b/c", "a")])
def test_a_file_that_is_a_folder_too(tmp_path, names):
    refuse(tmp_path, zipped(dict.fromkeys(names, b"1")), match="'a' both as a file and as a folder")


def test_a_bomb_is_refused_before_it_is_lit(tmp_path, monkeypatch):
    body = zipped({"bomb": bytes(LIMIT + 1)}, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert len(body) < LIMIT / 100
    refuse(tmp_path, body, match="expands to 0.01 GB or more, beyond the 0.01 GB")


def test_many_files_are_counted_together(tmp_path):
    body = zipped({f"{k}": bytes(LIMIT // 10) for k in range(11)}, zipfile.ZIP_DEFLATED)
    refuse(tmp_path, body, match="expands to")


def test_a_bomb_that_lies_about_its_size(tmp_path):
    honest = zipped({"bomb": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    lying = honest.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 5_000))
    assert lying != honest
    refuse(tmp_path, lying, DamagedArchive, "CRC", limit=10_000)


def test_what_is_written_counts_and_not_what_is_declared(tmp_path, monkeypatch):
    class Lying(zipfile.ZipFile):
        def infolist(self):
            for info in super().infolist():
                info = self.NameToInfo[info.filename] = entry(info.filename)
                info.file_size = 0
            return list(self.NameToInfo.values())

        def open(self, info):
            return io.BytesIO(bytes(5_000_000))

    body = zipped({"bomb": b""})
    monkeypatch.setattr(zipfile, "ZipFile", Lying)
    refuse(tmp_path, body, match="expands to", limit=3_000_000)


def test_an_encrypted_archive(tmp_path):
    body = bytearray(zipped({"secret": b"1"}))
    central = body.index(b"PK\x01\x02")
    body[6] |= 1
    body[central + 8] |= 1
    refuse(tmp_path, bytes(body), match="'secret' encrypted")


@pytest.mark.parametrize("files", [{}, {"__MACOSX/._a": b"1"}, {"folder/": b""}])
def test_an_archive_without_files(tmp_path, files):
    refuse(tmp_path, zipped(files), match="holds no file")


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", random.Random(1).randbytes(1000), zipped(STUDY)[:-30]])
def test_what_is_no_archive(tmp_path, body):
    refuse(tmp_path, body, DamagedArchive, "is not an intact zip archive")


def test_a_web_page(tmp_path):
    refuse(tmp_path, b"<html><p>Log in", DamagedArchive, "is a web page")


def test_joined_files_read_as_one(tmp_path):
    pieces = [b"abc", b"", b"defgh", b"i"]
    paths = [tmp_path / str(k) for k in range(len(pieces))]
    for path, piece in zip(paths, pieces):
        path.write_bytes(piece)

    with Joined(paths) as joined:
        assert joined.read() == b"abcdefghi"
        for start in range(10):
            joined.seek(start)
            assert joined.read(2) == b"abcdefghi"[start : start + joined.tell() - start]
        joined.seek(-2, io.SEEK_END)
        assert joined.read() == b"hi"
