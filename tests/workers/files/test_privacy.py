from __future__ import annotations

import os
import stat

import pytest

from workers.files.privacy import keep_private, private_folder
from workers.files.storage import OutputError, write_bytes


@pytest.fixture(autouse=True)
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_gets_into_the_folder_or_at_its_files(tmp_path):
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    for folder in (old, tmp_path / "new" / "deep"):
        keep_private(folder)
        write_bytes(folder / "sub" / "result.json", b"{}")
        (folder / "plain").write_text("x")
        assert [_mode(path) for path in (folder, folder / "sub")] == [0o700, 0o700]
        assert [_mode(path) for path in (folder / "sub" / "result.json", folder / "plain")] == [0o600, 0o600]


def test_a_folder_somebody_else_could_have_made_is_not_used(tmp_path):
    assert _mode(private_folder(tmp_path / "ours")) == 0o700
    assert private_folder(tmp_path / "ours") == tmp_path / "ours"
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    (tmp_path / "open").mkdir(mode=0o755)
    for name in ("link", "open"):
        with pytest.raises(OutputError, match="somebody else"):
            private_folder(tmp_path / name)


@pytest.mark.skipif(os.getuid() != 0, reason="only a superuser gives files away")
def test_a_folder_of_another_user_is_not_used(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(OutputError, match="somebody else"):
        private_folder(folder)
