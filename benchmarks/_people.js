// What the page of somebody who reviews records: each key with the example on screen before and after it, when which
// example was on screen, and how long the server's answers took as the page sees them. Read by _people.py.
(() => {
  const journal = { keys: [], shown: [], answers: [] };
  const now = () => performance.timeOrigin + performance.now();
  const roots = new Set(); // Streamlit mounts the desk in a shadow tree
  let last = null;

  const desk = () => [...roots].find((root) => root.host.isConnected && root.querySelector(".hem-review .body[data-row]"));
  const row = () => desk()?.querySelector(".body[data-row]").dataset.row ?? null;

  const look = () => {
    const seen = row();
    if (seen !== last) journal.shown.push([now(), seen]);
    last = seen;
  };

  /** What was recorded since the last call. */
  window.hemJournal = () => {
    look();
    const found = { ...journal, at: now() };
    Object.assign(journal, { keys: [], shown: [], answers: [] });
    return found;
  };

  window.addEventListener(
    "keydown",
    ({ key }) => {
      const isAsked = Boolean(desk()?.querySelector("footer .question")), // for the right class
        one = { at: now(), key, isAsked, before: row(), after: null };
      journal.keys.push(one);
      setTimeout(() => {
        one.after = row();
      });
    },
    true,
  );
  const watcher = new MutationObserver(look),
    { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    roots.add(root);
    watcher.observe(root, { subtree: true, childList: true, attributeFilter: ["data-row"] });
    return root;
  };
  new PerformanceObserver((list) => {
    for (const { name, startTime, responseEnd } of list.getEntries()) {
      const what = new URL(name).pathname.match(/\/hem\/(tags|undo|claim|detail|judged)\b/)?.[1];
      if (what) journal.answers.push([what, responseEnd - startTime]);
    }
  }).observe({ type: "resource", buffered: true });
})();
