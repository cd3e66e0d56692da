// @ts-check
// Requests to the kernel of a notebook: the same addresses as of HEM's server, sent as messages of the widget.

const SLOW_MS = 4000;

/** A `fetch` whose answers come from the kernel. waiting(isSlow) hears when an answer takes long, and when none does.
 *  Returns {request, end}.
 *  @param {{on: Function, off: Function, send: Function}} model the widget's, as anywidget gives it
 *  @param {(isSlow: boolean) => void} [waiting] */
export function kernelFetch(model, waiting = () => {}, slowMs = SLOW_MS) {
  const open = new Map(),
    name = Math.random().toString(36).slice(2); // a widget that is shown twice hears the answers of both
  let last = 0;
  model.on("msg:custom", answered);
  return {
    /** @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} */
    request(path, options = {}) {
      const id = `${name}-${++last}`,
        slow = setTimeout(() => waiting(true), slowMs);
      return new Promise((resolve) => {
        open.set(id, { resolve, slow });
        model.send({ hem: "request", id, method: options.method ?? "GET", path, body: options.body ?? "" });
      });
    },
    end() {
      model.off("msg:custom", answered);
      for (const { slow } of open.values()) clearTimeout(slow);
      open.clear();
    },
  };

  function answered(content, buffers) {
    const asked = content?.hem === "answer" && open.get(content.id);
    if (!asked) return;
    open.delete(content.id);
    clearTimeout(asked.slow);
    if (!open.size) waiting(false);
    asked.resolve(new Response(buffers[0] ?? "", { status: content.status, headers: content.headers }));
  }
}
