"""`hem_core.mining` finds its items by their files' names."""

import subprocess
import sys

import pytest

from hem_core import mining


def test_no_item_and_no_torch_is_imported_before_it_is_asked_for():
    code = "import sys, hem_core.mining as m; m.names(); dir(m); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_an_item_is_its_file_s_namesake(tmp_path, monkeypatch):
    (tmp_path / "xyz_loss.py").write_text("other = 1\nclass XYZLoss:\n    pass\n")
    (tmp_path / "qrst.py").write_text("def qrst():\n    return 7\n")
    monkeypatch.setattr(mining, "__path__", [*mining.__path__, str(tmp_path)])
    assert mining.XYZLoss.__name__ == "XYZLoss"
    assert mining.qrst() == mining.qrst() == 7, "the function, also once its file is imported"
    from hem_core.mining.qrst import qrst

    assert mining.qrst is qrst
    monkeypatch.delattr(mining, "qrst")
    with pytest.raises(AttributeError, match="has no 'other'; there are:"):
        _ = mining.other


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(AttributeError, match=r"hem_core.mining has no 'Topq'; there are: .*"):
        _ = mining.Topq
    assert not hasattr(mining, "__wrapped__")
