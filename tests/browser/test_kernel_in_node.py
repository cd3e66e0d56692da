"""A notebook's kernel in place of a server."""

MODEL = """
  const heard = new Set(), sent = [];
  const model = { on: (_, f) => heard.add(f), off: (_, f) => heard.delete(f), send: (one) => sent.push(one) };
  const answer = (id, status, text) => heard.forEach((f) =>
    f({ hem: "answer", id, status, headers: { "X-HEM-Revision": "7" } }, [new TextEncoder().encode(text)]));
"""


def test_an_answer_reaches_the_request_that_it_is_of(run_js):
    body = f"""{MODEL}
      const kernel = m.kernelFetch(model), other = m.kernelFetch(model);
      const one = kernel.request("/hem/ids/a?rows=1");
      const two = kernel.request("/hem/tags", {{ method: "POST", body: "b" }});
      answer(sent[1].id, 409, "two");
      answer(sent[0].id, 200, "one");
      const [first, second] = await Promise.all([one, two]);
      kernel.end();
      return [await first.text(), first.headers.get("X-HEM-Revision"), await second.text(), second.status,
        sent.map(({{ method, path, body }}) => [method, path, body]), heard.size];
    """
    assert run_js("notebook/kernel.js", body) == [
        "one", "7", "two", 409, [["GET", "/hem/ids/a?rows=1", ""], ["POST", "/hem/tags", "b"]], 1,
    ]  # fmt: skip


def test_a_kernel_that_is_busy_is_heard_of_until_it_answers(run_js):
    body = f"""{MODEL}
      const slow = [];
      const kernel = m.kernelFetch(model, (isSlow) => slow.push(isSlow), 1);
      const one = kernel.request("/hem/columns/a");
      await new Promise((resolve) => setTimeout(resolve, 20));
      const before = [...slow];
      answer(sent[0].id, 200, "here");
      await one;
      return [before, slow];
    """
    assert run_js("notebook/kernel.js", body) == [[True], [True, False]]
