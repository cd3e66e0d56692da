"""The contracts that plugin authors call: they pass what is right, and say in words what is broken."""

import numpy as np
import pytest

import hem_core.catalog
import hem_core.export
import hem_core.selection.policies
from hem_core import scores
from hem_core.errors import UnknownNameError
from hem_core.testing import check_format, check_policy, check_reader, check_score

CARD = '''"""Minus the best logit: - max z.

    logits (N, K). Returns (N,) logits in -inf .. inf; higher = harder.
    Cost: nothing.
    Use it: in this test.
    Reference: none.
    """'''
SCORE = "import torch\n\ndef {name}(logits):\n    {card}\n    return {body}\n"
POLICY = '''import numpy as np
from hem_core.selection.pool import Chosen, first

def {name}(pool, n, *, seed=0):
    """Any n of the pool, as this test wants them to be chosen."""
    return {body}
'''
FORMAT = '''"""The ids alone."""

README = """\\
## Ids

```python
{read}
```
"""

def write(examples, folder, *, read_image=None, classes=(), features=()):
    """Write ids.txt."""
    path = {path}
    path.write_text({text})
    return path
'''
READER = """import pyarrow as pa
from hem_core.catalog import with_info

def accepts(source):
    return {accepts}

def read(source, **columns):
    table = pa.table({{"id": {ids}, "label": ["a", "b"]}})
    return with_info(table, name="two", source=str(source), root="", medium="none", labels_are="names")
"""


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Adds a file to a package, as somebody does who writes a new item."""

    def add(package, name, text):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        (tmp_path / f"{name}.py").write_text(text)

    return add


RIGHT = "-logits.float().amax(dim=1)"


@pytest.mark.parametrize(
    ("name", "card", "body", "problem"),
    [
        ("right_score", CARD, RIGHT, ""),
        (
            "easy_score",
            CARD,
            "logits.float().amax(dim=1)",
            "of a sure hit is 20, of a coin flip 0; higher means",
        ),
        ("wordless_score", '"""Minus the best logit."""', RIGHT, "has no formula: it begins 'MEANING: FORMULA.'"),
        ("batch_score", CARD, RIGHT + " - logits.float().mean()", "depends on the others in its batch"),
        (
            "half_score",
            CARD,
            "-logits.amax(dim=1)",
            "of torch.float16 comes back as torch.float16; begin",
        ),
        ("greedy_score", CARD, "-logits.mul_(2).float().amax(dim=1)", "changes its input logits"),
        ("chance_score", CARD, RIGHT + " + 0 * torch.rand(1)", "draws from torch's global generator"),
        ("long_score", CARD, "-logits.float()", r"of 0 examples has the shape \(0, 5\); wanted \(0,\)"),
    ],
)
def test_a_score_is_checked(add, name, card, body, problem):
    add(scores, name, SCORE.format(name=name, card=card, body=body))
    checked(check_score, name, problem)


ANY = "first(pool, np.random.default_rng(seed).permutation(len(pool)), n, 'not drawn')"


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("right_policy", ANY, ""),
        ("short_policy", ANY.replace("n, ", "n - 1, "), "chose .* of 1 when asked for 1"),
        ("silent_policy", ANY.replace("not drawn", ""), "'' stands in `why` of the chosen, and of them alone"),
        ("global_policy", ANY.replace("default_rng(seed)", "mtrand"), "chose others the second time; take `seed`"),
        ("capless_policy", "Chosen(np.arange(min(n, len(pool))), np.where(np.arange(len(pool)) < n, '', 'no'))",
         "ignores pool.cap"),
    ],
)  # fmt: skip
def test_a_policy_is_checked(add, name, body, problem):
    add(hem_core.selection.policies, name, POLICY.format(name=name, body=body))
    checked(check_policy, name, problem)


INSIDE, IDS, READ = 'folder / "ids.txt"', '"\\n".join(examples["id"])', 'ids = (FOLDER / "ids.txt").read_text()'


@pytest.mark.parametrize(
    ("name", "path", "text", "read", "problem"),
    [
        ("right_format", INSIDE, IDS, READ, ""),
        ("outer_format", 'folder.parent / "ids.txt"', IDS, READ, "must return the path of what it wrote in the folder"),
        (
            "fickle_format",
            INSIDE,
            "str(id(object())) + str(folder)",
            READ,
            "other bytes the second time: ids.txt",
        ),
        ("mute_format", INSIDE, IDS, "examples = {'id': []}", "README of format mute_format changes `examples`"),
    ],
)
def test_a_format_is_checked(add, name, path, text, read, problem):
    add(hem_core.export, name, FORMAT.format(path=path, text=text, read=read))
    checked(check_format, name, problem)


@pytest.mark.parametrize(
    ("name", "accepts", "ids", "problem"),
    [
        ("a_right_reader", "str(source).endswith('.two')", '["1", "2"]', ""),
        ("a_greedy_reader", "True", '["1", "2"]', "accepts None; `accepts` must return False"),
        (
            "a_double_reader",
            "str(source).endswith('.two')",
            '["1", "1"]',
            "ids of reader a_double_reader are not",
        ),
        ("a_number_reader", "str(source).endswith('.two')", "[1, 2]", "has no column 'id' of strings"),
    ],
)
def test_a_reader_is_checked(add, tmp_path, name, accepts, ids, problem):
    add(hem_core.catalog, name, READER.format(accepts=accepts, ids=ids))
    (tmp_path / "x.two").write_text("")
    checked(lambda name: check_reader(name, tmp_path / "x.two"), name, problem)


def checked(check, name, problem):
    if problem:
        with pytest.raises(AssertionError, match=problem):
            check(name)
    else:
        check(name)


@pytest.fixture
def sources(tmp_path):
    """Something small for each reader of HEM's own."""
    import torch
    from PIL import Image

    np.savez(tmp_path / "few.npz", images=np.zeros((3, 2, 2), np.uint8), labels=np.arange(3))
    (tmp_path / "few.csv").write_text("id,text,label\na,hello,x\nb,bye,y\n")
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    Image.new("L", (2, 2)).save(tmp_path / "pictures" / "cat" / "1.png")
    items = torch.utils.data.TensorDataset(torch.zeros(3, 2), torch.arange(3))
    return {
        "arrays": tmp_path / "few.npz",
        "table": tmp_path / "few.csv",
        "image_folder": tmp_path / "pictures",
        "torch_dataset": items,
    }


def test_the_readers_of_hem_keep_what_they_promise(sources):
    for name, source in sources.items():
        check_reader(name, source)


def test_a_name_that_nothing_has_lists_what_there_is():
    with pytest.raises(UnknownNameError, match="no score 'margn'; there are: "):
        check_score("margn")
