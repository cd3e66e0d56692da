"""Which rows the browser side asks the server about, run by node."""

import json
import subprocess
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "app" / "browser" / "review" / "client.js"
SCRIPT = """
const { openClient } = await import(process.argv[1]);
const asked = [];
globalThis.fetch = async (url) => {
  asked.push(url);
  return { ok: true, json: async () => ({}) };
};
for (const level of ["examples", "halves"]) {
  const session = { run: "few", level, token: "t", fingerprint: "f", has_pictures: false };
  await openClient(() => session).judged([1, 2]);
}
console.log(JSON.stringify(asked));
"""


def test_review_names_the_level_in_what_it_asks_but_for_the_examples():
    options = ["--experimental-default-type=module", "--input-type=module"]
    command = ["node", *options, "-e", SCRIPT, CLIENT.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["/hem/judged/few?rows=1,2", "/hem/judged/few?rows=1,2&level=halves"]
