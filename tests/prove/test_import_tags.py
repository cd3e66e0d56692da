"""Tags of other tools in the tag log."""

import json

import pytest
from PIL import Image

from hem_core.errors import DataError
from hem_core.prove.import_tags import import_tags
from hem_core.runs.score import score
from hem_core.store.workspace import open_workspace

ROWS = "id,image,label,prob_cat,prob_dog\n1,a/x.png,cat,.9,.1\n2,b/x.png,dog,.2,.8\n3,b/y.png,dog,.3,.7\n"


@pytest.fixture
def run(tmp_path):
    for name in ("a/x.png", "b/x.png", "b/y.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    (tmp_path / "rows.csv").write_text(ROWS)
    return score(None, tmp_path / "rows.csv", out=tmp_path / "w" / "runs" / "first", has_map=False, has_probes=False)


def tagged(run):
    state = open_workspace(run.folder).tags().state(run.data)
    return sorted(zip(state["tag"], state["id"], strict=True))


def test_a_tag_of_lightly_studio_is_found_by_its_paths_and_imported_once(run, tmp_path):
    path = tmp_path / "odd.txt"
    path.write_text("/elsewhere/b/x.png\n/elsewhere/b/y.png\n/elsewhere/b/z.png")
    done = import_tags(path, run.folder, name="odd")
    assert (done.n, done.n_new, done.unknown) == (2, 2, ["/elsewhere/b/z.png"])
    assert tagged(run) == [("odd", "2"), ("odd", "3")]
    assert import_tags(path, run.folder, name="odd").n_new == 0
    assert len(open_workspace(run.folder).tags().history(run.data)) == 1


def test_of_an_export_with_several_tags_one_is_meant_and_gives_its_name(run, tmp_path):
    samples = [{"filepath": f"data/{name}", "tags": tags} for name, tags in (("a/x.png", ["odd"]), ("b/y.png", ["ok"]))]
    (tmp_path / "samples.json").write_text(json.dumps({"samples": samples}))
    import_tags(tmp_path / "samples.json", run.folder, tag="odd")
    assert tagged(run) == [("odd", "1")]
    import_tags(tmp_path / "samples.json", run.folder, tag="ok", name="mislabelled")
    assert ("mislabelled", "3") in tagged(run)


def test_a_tag_without_a_name_is_refused(run, tmp_path):
    (tmp_path / "ids.txt").write_text("1\n")
    with pytest.raises(DataError, match=r"what 'ids\.txt' holds needs a name as a tag: pass --as NAME"):
        import_tags(tmp_path / "ids.txt", run.folder)
