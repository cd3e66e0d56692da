"""Which rows the browser side asks the server about, run by node."""

import json
import subprocess
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "app" / "browser" / "shared" / "run_client.js"
SCRIPT = """
const { openRun } = await import(process.argv[1]);
const asked = [];
const request = async (path) => {
  asked.push(path);
  return { json: async () => ({}) };
};
for (const level of [undefined, "examples", "halves"]) {
  const source = openRun({ request }, { run: "few", level, fingerprint: "f", identity: {} });
  await source.judged([1, 2]);
  await source.revision();
}
console.log(JSON.stringify(asked));
"""


def test_a_request_names_the_level_but_for_the_examples():
    options = ["--experimental-default-type=module", "--input-type=module"]
    command = ["node", *options, "-e", SCRIPT, CLIENT.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    of_examples = ["/hem/judged/few?rows=1,2", "/hem/revision/few"]
    of_halves = ["/hem/judged/few?rows=1,2&level=halves", "/hem/revision/few?level=halves"]
    assert json.loads(done.stdout) == [*of_examples, *of_examples, *of_halves]


def test_rows_are_called_as_their_level_is():
    script = """
const { counted, rowsOf } = await import(process.argv[1]);
const all = [counted(1200, "examples"), counted(1, undefined), counted(800, "text_spans"), counted(1, "boxes")];
all.push(counted(1, "phrases"));
console.log(JSON.stringify([...all, rowsOf("boxes")]));
"""
    options = ["--experimental-default-type=module", "--input-type=module"]
    command = ["node", *options, "-e", script, (CLIENT.parent / "level.js").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["1,200 examples", "1 example", "800 text spans", "1 box", "1 phrase", "boxes"]
