import os

import pytest
from PIL import Image

import hem_core.catalog as catalogs
from hem_core.catalog import image_folder
from hem_core.errors import DataError


def pictures(root, *names, format="PNG"):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(root / name, format=format)
    return root


def facts(table):
    return catalogs.info(table)


def notes(table):
    return " ".join(facts(table).get("notes", []))


def test_what_systems_and_notebooks_leave_is_no_class_and_no_example(tmp_path):
    pictures(tmp_path, "cat/a.png", "dog/b.png", "cat/.ipynb_checkpoints/a-checkpoint.png", "dog/@eaDir/b.png")
    pictures(tmp_path, "__MACOSX/cat/a.png", ".cache/x.png", "cat/deep/__MACOSX/c.png", "cat/deep/.d.png")
    for junk in ("cat/Thumbs.db", "cat/.DS_Store", "dog/desktop.ini"):
        (tmp_path / junk).write_bytes(b"x")
    table = catalogs.read(tmp_path)
    assert table["id"].to_pylist() == ["cat/a.png", "dog/b.png"]
    assert facts(table)["classes"] == ["cat", "dog"]
    assert "9 hidden or of the system" in notes(table)


def test_splits_stay_splits_beside_what_a_mac_leaves_in_a_zip(tmp_path):
    pictures(tmp_path, "Train/cat/a.png", "VAL/cat/b.png", "test/dog/c.png", "__MACOSX/train/x.png")
    table = catalogs.read(tmp_path)
    assert table["label"].to_pylist() == ["cat", "cat", "dog"]
    assert sorted(table["split"].to_pylist()) == ["test", "train", "val"]


@pytest.mark.parametrize(
    ("suffix", "format"),
    [(".jfif", "JPEG"), (".mpo", "JPEG"),
     (".PPM", "PPM"), (".pgm", "PPM"), (".pbm", "PPM"), (".Tif", "TIFF"), (".avif", "AVIF"),
     (".tga", "TGA"), (".JPE", "JPEG"), (".ico", "ICO"), (".jp2", "JPEG2000")],
)  # fmt: skip
def test_whatever_pillow_opens_is_a_picture_in_any_case(tmp_path, suffix, format):
    pictures(tmp_path, f"cat/a{suffix}", "dog/b.png", format=format)
    assert catalogs.read(tmp_path).num_rows == 2


def test_files_that_are_no_pictures_are_counted_by_their_suffix(tmp_path):
    pictures(tmp_path, "cat/a.png", "dog/b.png", "loose.png")
    for name in ("cat/a.txt", "cat/b.txt", "dog/b.json", "README", "cat/phone.heic", "cat/clip.mpg"):
        (tmp_path / name).write_text("x")
    assert notes(catalogs.read(tmp_path)) == (
        "Files and folders that were skipped: 6 that Pillow cannot open (.txt 2, .heic 1, .json 1, .mpg 1, no suffix "
        "1), 1 pictures outside of the class folders."
    )


def test_links_to_files_and_folders_are_followed_and_circles_end(tmp_path):
    far = pictures(tmp_path / "far", "x.png", "wolf/y.png")
    root = pictures(tmp_path / "photos", "cat/a.png", "dog/b.png")
    (root / "cat" / "linked.png").symlink_to(far / "x.png")
    (root / "dog" / "wolf").symlink_to(far / "wolf")
    (root / "dog" / "again").symlink_to(root / "dog")
    (root / "dog" / "gone.png").symlink_to("/nowhere.png")
    table = catalogs.read(root)
    assert table["id"].to_pylist() == ["cat/a.png", "cat/linked.png", "dog/b.png", "dog/wolf/y.png"]
    assert "1 broken links, 1 links in a circle" in notes(table)


def test_an_empty_class_folder_stays_a_class_and_a_folder_of_other_files_is_none(tmp_path):
    pictures(tmp_path, "cat/a.png", "dog/b.png")
    (tmp_path / "emu").mkdir()
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "a.xml").write_text("<a/>")
    table = catalogs.read(tmp_path)
    assert facts(table)["classes"] == ["cat", "dog", "emu"]
    assert facts(table)["classes_without_examples"] == ["emu"]
    assert "Class folder without a picture: 'emu'." in notes(table)
    assert "Folders without a picture that were skipped: 'annotations'." in notes(table)


def test_a_name_that_is_not_utf8_costs_one_example_and_no_folder(tmp_path):
    pictures(tmp_path, "cat/a.png", "dog/b.png")
    (tmp_path / "cat" / "a.png").rename(os.fsdecode(os.fsencode(tmp_path / "cat") + b"/caf\xe9.png"))
    table = catalogs.read(tmp_path)
    assert table["id"].to_pylist() == ["cat/caf\\xe9.png", "dog/b.png"]
    assert table["image"].to_pylist() == [None, "dog/b.png"]
    assert facts(table)["failures"] == {"0": "its file name is not UTF-8; rename the file"}


def test_a_single_folder_around_the_class_folders_is_entered_and_it_is_said(tmp_path):
    pictures(tmp_path, "photos/cat/a.png", "photos/dog/b.png")
    table = catalogs.read(tmp_path)
    assert table["label"].to_pylist() == ["cat", "dog"]
    assert table["image"].to_pylist() == ["photos/cat/a.png", "photos/dog/b.png"]
    assert "The class folders are those in 'photos'." in notes(table)


def test_splits_beside_other_folders_are_refused_and_one_alone_counts_as_a_class(tmp_path):
    pictures(tmp_path, "train/cat/a.png", "test/cat/b.png", "samples/c.png")
    with pytest.raises(DataError, match="'test', 'train' are named like splits, 'samples' not"):
        catalogs.read(tmp_path)
    pictures(tmp_path / "vehicles", "train/steam/a.png", "bus/b.png")
    table = catalogs.read(tmp_path / "vehicles")
    assert table["label"].to_pylist() == ["bus", "train"]
    assert "The folder 'train' counts as a class, since 'bus' is no split." in notes(table)


def test_pictures_directly_in_folders_named_like_splits_are_refused(tmp_path):
    with pytest.raises(DataError, match="named like splits, but the pictures lie directly in them"):
        catalogs.read(pictures(tmp_path, "train/a.png", "test/b.png"))


def test_pictures_without_class_folders_and_folders_of_other_files_are_refused_with_what_is_there(tmp_path):
    with pytest.raises(DataError, match=r"has no class folders; .*; 1 pictures lie directly in it"):
        image_folder.read(pictures(tmp_path, "a.png"))
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.heic").write_text("x")
    with pytest.raises(DataError, match=r"no images below .*; there are 1 that Pillow cannot open \(.heic 1\)"):
        image_folder.read(tmp_path)


@pytest.mark.parametrize(
    "names", [("training_set", "test_set"), ("train_images", "test_images"), ("Train Data", "Test Data"),
              ("trainset", "holdout")],
)  # fmt: skip
def test_folders_named_after_a_split_in_more_than_one_word_are_splits(tmp_path, names):
    pictures(tmp_path, *(f"{name}/{label}/a.png" for name in names for label in ("cat", "dog")))
    table = catalogs.read(tmp_path)
    assert facts(table)["classes"] == ["cat", "dog"]
    assert sorted(set(table["split"].to_pylist())) == sorted(name.lower() for name in names)


def test_class_folders_that_hold_folders_of_the_same_names_are_said_to(tmp_path):
    pictures(tmp_path, *(f"{fold}/{label}/a.png" for fold in ("fold1", "fold2") for label in ("cat", "dog")))
    table = catalogs.read(tmp_path)
    assert facts(table)["classes"] == ["fold1", "fold2"]
    assert "each holds folders named 'cat', 'dog'" in notes(table)
    pictures(tmp_path, "fold2/bird/a.png")
    assert "each holds" not in notes(catalogs.read(tmp_path))


def test_a_link_to_a_folder_above_adds_no_pictures_of_other_classes(tmp_path):
    pictures(tmp_path, "cat/a.png", "dog/b.png")
    (tmp_path / "cat" / "all").symlink_to(tmp_path)
    table = catalogs.read(tmp_path)
    assert table["id"].to_pylist() == ["cat/a.png", "dog/b.png"]
    assert "1 links in a circle" in notes(table)


def test_a_folder_without_class_folders_names_the_tables_in_it(tmp_path):
    pictures(tmp_path, "a.png")
    (tmp_path / "labels.csv").write_text("image_path,label\na.png,cat\n")
    with pytest.raises(DataError, match=r"1 pictures lie directly in it; of its tables \('labels.csv'\) give one"):
        catalogs.read(tmp_path)


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(pictures(tmp_path, "cat/a.png", "dog/b.png"))
    assert catalogs.read(".").num_rows == 2
    with pytest.raises(DataError, match="the data is empty"):
        catalogs.read("")


def test_predictions_beside_a_folder_are_found_by_the_file_names_of_its_pictures(tmp_path):
    root = pictures(tmp_path / "root", "cat/a.png", "dog/b.png", "dog/c.png")
    named = tmp_path / "named.csv"
    named.write_text("file name,pred,confidence\nb.png,dog,0.9\na.png,dog,0.6\n")
    table = catalogs.read(root, predictions=named)
    assert table["pred"].to_pylist() == ["dog", "dog", None]
    assert table["confidence"].to_pylist() == [0.6, 0.9, None]
    assert "file name" not in table.column_names
    deep = tmp_path / "deep.csv"
    deep.write_text(
        "id,Bild,label,prob_cat\n0,C:\\x\\cat\\a.png,cat,0.9\n1,/x/dog/c.png,dog,0.1\n2,/x/dog/b.png,dog,0.2\n"
    )
    table = catalogs.read(root, predictions=deep)
    assert table["prob_cat"].to_pylist() == [0.9, 0.2, 0.1]
    assert table["label"].to_pylist() == ["cat", "dog", "dog"]


def test_a_table_of_predictions_lies_in_the_folder_that_it_is_about_and_one_with_labels_does_not(tmp_path):
    root = pictures(tmp_path / "root", "cat/a.png", "dog/b.png")
    table = root / "answers.csv"
    table.write_text("file,pred,confidence\na.png,dog,0.6\nb.png,dog,0.9\n")
    assert image_folder.around(table) == root
    table.write_text("file,pred,confidence\nz.png,dog,0.6\n")  # of other pictures
    assert image_folder.around(table) is None
    table.write_text("file,pred,kind\na.png,cat,cat\nb.png,dog,dog\n")  # the guessed label
    assert image_folder.around(table) is None
    listed = pictures(tmp_path / "flat", "images/a.png", "images/b.png") / "answers.csv"
    listed.write_text("file,pred,confidence\na.png,dog,0.6\nb.png,dog,0.9\n")
    assert image_folder.around(listed) is None


def test_file_names_that_several_pictures_have_name_none_of_them(tmp_path):
    root = pictures(tmp_path / "root", "cat/1.png", "dog/1.png")
    (tmp_path / "p.csv").write_text("file,pred,confidence\n1.png,cat,0.9\n")
    with pytest.raises(DataError, match=r"names pictures as '1\.png', and several have the same name.*'cat/1\.png'"):
        catalogs.read(root, predictions=tmp_path / "p.csv")
