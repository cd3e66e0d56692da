// Marks in milliseconds of performance.now() of what a reader sees in Explore after a press of the mouse: each is taken
// in a task after the frame in which it was drawn. `begin` is the time of the press or, for a drag, of the release.
(() => {
  const marks = (window.hemMarks = {}),
    channel = new MessageChannel(),
    waiting = [];
  channel.port1.onmessage = () => waiting.splice(0).forEach((done) => done());
  const afterPaint = (done) =>
    requestAnimationFrame(() => {
      waiting.push(done);
      channel.port2.postMessage(0);
    });
  const mark = (name) =>
    afterPaint(() => {
      marks[name] ??= performance.now();
    });
  const begin = (event) => {
    for (const name of Object.keys(marks)) delete marks[name];
    marks.begin = event.timeStamp;
  };
  for (const name of ["pointerup", "click"]) window.addEventListener(name, begin, true);

  const find = (selector) => document.querySelector(selector);
  const explorer = () => find(".hem-explorer");
  const picturesAreThere = () => {
    const places = [...document.querySelectorAll(".hem-tile .hem-picture")];
    return places.length > 0 && places.every((place) => place.dataset.url && [...place.children].every((one) => one.complete !== false));
  };
  const whenPictures = () => {
    if ("pictures" in marks) return;
    if (picturesAreThere()) mark("pictures");
    else requestAnimationFrame(whenPictures);
  };
  const heard = {
    "data-ready": () => mark("ready"),
    "data-painted": () => mark("painted"),
    "data-matrix": () => mark("painted"),
    "data-filled": () => {
      mark("filled");
      whenPictures();
    },
    "data-agreed": () => explorer()?.dataset.count === String(explorer()?.dataset.scope) && mark("agreed"),
    hidden: (target) => {
      if (target.hidden) return;
      if (target.matches(".hem-badge")) mark("badge");
      if (target.matches(".hem-note")) mark("stored");
    },
  };
  new MutationObserver((changes) => {
    for (const { attributeName, target } of changes) heard[attributeName](target);
  }).observe(document, { attributes: true, attributeFilter: Object.keys(heard), subtree: true });
})();
