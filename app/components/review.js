// Review: one example after another by keys. Shown at once here; the server and Python follow.

import { featureTable, marked } from "./contents.js";
import { h } from "./dom.js";
import * as parts from "./review_item.js";
import { openOutbox } from "./review_outbox.js";
import { unsaved } from "./review_unsaved.js";

const ACTIONS = [
  { key: "1", tag: "hard", text: "hard, keep" }, { key: "2", tag: "mislabelled", text: "label wrong…" },
  { key: "3", tag: "ambiguous", text: "ambiguous" }, { key: "4", tag: "outlier", text: "outlier" },
  { key: "5", tag: "duplicate", text: "duplicate" }, { key: "6", tag: "skip", text: "skip" },
  { key: "0", tag: "", text: "clear" },
];
const HELP = [
  ["1", "hard, and the label is right: keep it"], ["2", "the label is wrong; then its key or a click for the class; type to search, Enter takes the first, Esc goes back"],
  ["3", "ambiguous: more than one class is right"], ["4", "outlier: does not belong in this data"], ["5", "duplicate of another example"],
  ["6", "skip: no opinion"], ["0", "clear the verdict"], ["U", "undo the last verdict"], ["← →", "go back, go on"],
  ["N", "next one without a verdict"], ["B", "blind: hide label and prediction until you decide"], ["?", "these keys"],
];
const DRAWN = { suspect: "among the most suspected labels", sample: "drawn at random from its stratum", rare: "rare, or the hardest of its class", random: "drawn at random", wanted: "opened in Explore", chosen: "" };
const AHEAD = 20, BATCH = 12, PICTURES_AHEAD = 5, LONG_PAUSE_MS = 120000;

let open = null; // one desk a page: two would both hear the keys

/** Called by Streamlit at mount and with every new `data`; the desk lives on in between. */
export default function review({ data, parentElement }) {
  const place = parentElement.querySelector(".hem-review");
  if (open?.place !== place) {
    open?.desk.close();
    open = { place, desk: makeDesk(place) };
  }
  open.desk.update(data);
  return () => {
    if (open?.place !== place) return;
    open.desk.close();
    open = null;
  };
}

function makeDesk(place) {
  let data, at = 0, shownAt = performance.now(), chooser = null, help = false, said = "", saidTimer = 0;
  let isBlind = localStorage.getItem("hem-blind") === "1";
  const items = new Map(), loading = new Set(), missing = new Map(), thumbs = new Map(), pictures = new Map();
  const verdicts = new Map(), mine = new Map(), undoable = [], paces = [];
  const idOf = new Map(); // row -> id, as the page got them together with its identity
  let outbox = null;
  const head = h("header", { class: "head" }), body = h("main", { class: "body" }), bar = h("footer", { class: "actions" });
  place.replaceChildren(head, body, bar);
  window.addEventListener("keydown", onKey);
  window.addEventListener("beforeunload", onLeave);

  return {
    update(fresh) {
      const isOther = !data || data.key !== fresh.key, isWanted = fresh.wanted != null && fresh.wanted !== data?.wanted;
      const isOtherRun = !data || data.fingerprint !== fresh.fingerprint || data.identity.workspace !== fresh.identity.workspace || data.run !== fresh.run;
      const current = isWanted ? fresh.wanted : data?.rows[at];
      data = fresh;
      if (isOtherRun) forgetRows();
      fresh.rows.forEach((row, k) => idOf.set(row, fresh.ids[k]));
      if (fresh.wanted != null) idOf.set(fresh.wanted, fresh.wanted_id);
      if (outbox?.workspace !== fresh.identity.workspace) openTheOutbox(fresh.identity.workspace);
      if (data.wanted != null && !data.rows.includes(data.wanted)) {
        // Opened in Explore, and not in this queue: it comes first, once.
        data.rows = [data.wanted, ...data.rows];
        data.drawn = ["wanted", ...data.drawn];
      }
      for (const [row, verdict] of Object.entries(fresh.verdicts)) if (!mine.has(+row)) verdicts.set(+row, verdict);
      for (const row of [...verdicts.keys()]) if (!mine.has(row) && !fresh.verdicts[row]) verdicts.delete(row);
      if (isOther) {
        items.clear();
        undoable.splice(0, undoable.length, ...fresh.undoable.map((batch) => ({ batch })));
        at = isWanted ? data.rows.indexOf(data.wanted) : nextOpen(-1);
        show();
      } else if (isWanted) {
        at = data.rows.indexOf(data.wanted);
        show();
      } else {
        at = Math.max(0, current === undefined ? nextOpen(-1) : data.rows.indexOf(current));
        if (data.rows[at] !== current) show();
        else { drawStatus(); fetchAhead(); }
      }
      outbox.send();
    },
    close() {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("beforeunload", onLeave);
      outbox?.close();
      for (const address of [...thumbs.values(), ...[...pictures.values()].map((one) => one.address)]) if (address) URL.revokeObjectURL(address);
    },
  };

  /** Row numbers mean other examples in another run, or in this one scored again. */
  function forgetRows() {
    for (const address of [...thumbs.values(), ...[...pictures.values()].map((one) => one.address)]) if (address) URL.revokeObjectURL(address);
    for (const known of [idOf, items, missing, thumbs, pictures, verdicts, mine]) known.clear();
  }

  function openTheOutbox(workspace) {
    outbox?.close();
    outbox = openOutbox({ workspace, token: () => data.token, changed: () => outbox && drawStatus() });
  }

  // --- moving ---------------------------------------------------------------------------------------------

  function nextOpen(from) {
    for (let k = from + 1; k < data.rows.length; k++) if (!verdicts.has(data.rows[k])) return k;
    for (let k = 0; k <= from && k < data.rows.length; k++) if (!verdicts.has(data.rows[k])) return k;
    return data.rows.length;
  }

  function go(to) {
    const target = Math.max(0, Math.min(data.rows.length, to));
    if (target === at) return;
    at = target;
    show();
  }

  function show() {
    chooser = null;
    shownAt = performance.now();
    draw();
    fetchAhead();
  }

  // --- judging --------------------------------------------------------------------------------------------

  function judge(action, value = "") {
    const row = data.rows[at];
    if (row === undefined) return;
    const before = verdicts.get(row) ?? null;
    const body = { ...data.identity, who: data.person, ids: [idOf.get(row)] };
    const sequence = outbox.post("/hem/tags", action.tag ? { ...body, action: "add", tag: action.tag, value } : { ...body, action: "clear" });
    undoable.push({ row, batch: sequence, before });
    set(row, action.tag ? { tag: action.tag, value, who: data.person } : null);
    note(row, action.tag ? "add" : "clear", action.tag, value);
    const took = performance.now() - shownAt;
    if (took < LONG_PAUSE_MS) paces.push(took);
    const name = items.get(row)?.id ?? `row ${row}`;
    say(`${action.tag ? parts.VERDICT_WORDS[action.tag] : "cleared"}${value ? ` → ${value}` : ""} · ${name}`);
    if (action.tag) go(nextOpen(at));
    else show();
  }

  function undo() {
    const last = undoable.pop();
    if (!last) return say("nothing of yours to undo here");
    const sequence = outbox.post("/hem/undo", { ...data.identity, who: data.person, batch: last.batch });
    if (last.row === undefined) return undoEarlier(sequence);
    set(last.row, last.before);
    const undone = items.get(last.row)?.history.find((event) => !event.is_undone && event.action !== "undo");
    if (undone) undone.is_undone = true;
    const place = data.rows.indexOf(last.row);
    say(`undone · ${items.get(last.row)?.id ?? `row ${last.row}`}`);
    if (place >= 0) { at = place; show(); } else draw();
  }

  /** Of an action from before this page was opened the server alone knows the example. */
  async function undoEarlier(sequence) {
    const rows = (await outbox.answer(sequence))?.rows ?? [];
    if (!rows.length) return say("nothing of yours to undo here");
    for (const row of rows) { items.delete(row); mine.delete(row); }
    const place = data.rows.indexOf(rows[0]);
    say(place < 0 ? "undone, on an example outside of this queue" : "undone");
    if (place >= 0) at = place;
    show();
  }

  function set(row, verdict) {
    mine.set(row, verdict);
    if (verdict) verdicts.set(row, verdict);
    else verdicts.delete(row);
  }

  function note(row, action, tag, value) {
    items.get(row)?.history.unshift({ at: Date.now(), who: data.person, action, tag, value, n: 1, is_undone: false });
  }

  function say(words) {
    said = words;
    clearTimeout(saidTimer);
    saidTimer = setTimeout(() => { said = ""; drawStatus(); }, 2500);
    drawStatus();
  }

  // --- keys -----------------------------------------------------------------------------------------------

  function onKey(event) {
    const target = event.composedPath()[0];
    const isTyping = target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
    const isOwn = target === chooser?.input;
    if ((isTyping && !isOwn) || event.ctrlKey || event.metaKey || event.altKey || !place.isConnected) return;
    if (target instanceof HTMLElement && target.getAttribute("role") === "combobox") return;
    if (chooser ? chooserKey(event) : plainKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  function plainKey(event) {
    const action = ACTIONS.find((one) => one.key === event.key);
    if (help && event.key === "Escape") return toggleHelp(false);
    if (event.key === "?") return toggleHelp(!help);
    if (action) return press(action);
    if (event.key === "ArrowLeft") return go(at - 1), true;
    if (event.key === "ArrowRight") return go(at + 1), true;
    if (event.key === "u" || event.key === "U") return undo(), true;
    if (event.key === "n" || event.key === "N") return go(nextOpen(at)), true;
    if (event.key === "b" || event.key === "B") return toggleBlind(), true;
    return false;
  }

  function press(action) {
    if (data.rows[at] === undefined) return false;
    if (action.tag === "mislabelled") openChooser();
    else judge(action);
    return true;
  }

  function toggleHelp(to) {
    help = to;
    draw();
    return true;
  }

  function toggleBlind() {
    isBlind = !isBlind;
    localStorage.setItem("hem-blind", isBlind ? "1" : "0");
    draw();
  }

  // --- the class of a wrong label -------------------------------------------------------------------------

  function openChooser() {
    const item = items.get(data.rows[at]);
    const likely = item && !hidden() ? [item.suggested_label, ...(item.top_classes ?? [])] : [];
    const order = [...new Set([...likely, ...data.classes])].filter((name) => name != null && name !== item?.label);
    const input = h("input", { type: "text", placeholder: "type to search", "aria-label": "search a class", autocomplete: "off" });
    // Classes that are named by digits answer to their own digit, all others to their place in the list.
    const isNamed = data.classes.every((name) => /^[0-9]$/.test(name));
    const keys = new Map(isNamed ? order.map((name) => [name, name]) : order.slice(0, 9).map((name, k) => [String(k + 1), name]));
    chooser = { order, input, keys, unsure: isNamed ? "-" : "0", suggested: hidden() ? null : item?.suggested_label };
    input.addEventListener("input", drawChooser);
    draw();
  }

  function choices() {
    const wanted = chooser.input.value.trim().toLowerCase();
    return chooser.order.filter((name) => name.toLowerCase().includes(wanted));
  }

  function chooserKey(event) {
    const found = choices(), isEmpty = chooser.input.value === "";
    if (event.key === "Escape") { chooser = null; draw(); return true; }
    if (event.key === "Enter" && found.length) return choose(found[0]);
    if (isEmpty && chooser.keys.has(event.key)) return choose(chooser.keys.get(event.key));
    if (isEmpty && event.key === chooser.unsure) return choose("");
    if (isEmpty && /^[0-9]$/.test(event.key)) return true; // no class has this key: not a search either
    if (event.key.length === 1 && event.composedPath()[0] !== chooser.input) {
      chooser.input.focus();
      chooser.input.value += event.key;
      drawChooser();
      return true;
    }
    return false;
  }

  function choose(name) {
    chooser = null;
    judge(ACTIONS[1], name);
    return true;
  }

  function drawChooser() {
    const found = choices(), keyOf = new Map([...chooser.keys].map(([key, name]) => [name, key]));
    const shows = (name) => chooser.input.value === "" && keyOf.has(name);
    chooser.list.replaceChildren(...found.slice(0, 40).map((name) => h("button", {
      class: "choice", onclick: () => choose(name), title: name,
    }, shows(name) ? h("kbd", {}, keyOf.get(name)) : null, h("span", {}, name), name === chooser.suggested ? h("em", {}, "suggested") : null)),
    ...(found.length > 40 ? [h("span", { class: "quiet" }, `and ${found.length - 40} more: type to search`)] : []),
    ...(found.length ? [] : [h("span", { class: "quiet" }, "no class has this in its name")]));
  }

  // --- drawing --------------------------------------------------------------------------------------------

  function hidden() {
    return isBlind && !verdicts.has(data.rows[at]);
  }

  function draw() {
    const row = data.rows[at], item = items.get(row);
    drawStatus();
    drawBar();
    if (help) return body.replaceChildren(h("section", { class: "help" }, h("h3", {}, "Keys"), h("dl", {}, HELP.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]))));
    if (row === undefined) return body.replaceChildren(finished());
    if (missing.has(row)) return body.replaceChildren(h("section", { class: "finished" }, h("h3", {}, "This example cannot be shown"), h("p", {}, missing.get(row)),
      h("button", { class: "plain", onclick: () => { missing.clear(); show(); } }, "Try again")));
    if (!item) return body.replaceChildren(h("section", { class: "waiting" }, h("span", { class: "spinner" }), h("p", { class: "quiet" }, "loading the example")));
    const isHidden = hidden(), thumb = (other) => thumbs.get(other);
    body.replaceChildren(
      h("div", { class: "look" }, frame(item), parts.labels(item, isHidden)),
      h("div", { class: "facts" }, parts.why(item, isHidden, data.trust, data.kinds), parts.axes(item, isHidden), parts.curve(item, isHidden), parts.columns(item, isHidden)),
      h("div", { class: "context" }, parts.others(item, "neighbours", thumb, isHidden, data.medium), parts.others(item, "duplicates", thumb, isHidden, data.medium), parts.history(item)));
    body.dataset.row = row;
    body.dataset.id = item.id;
  }

  function frame(item) {
    const verdict = verdicts.get(item.row), large = pictures.get(item.row);
    const address = large?.address || thumbs.get(item.row);
    return h("div", { class: `frame of-${data.medium}` }, shown(item, address),
      !verdict && item.bulk ? h("span", { class: "verdict bulk", title: "tagged by a lasso or a filter; nobody has judged this example by itself" },
        `${parts.VERDICT_WORDS[item.bulk.tag] ?? item.bulk.tag}, with ${(item.bulk.n - 1).toLocaleString("en")} others`) : null,
      verdict ? h("span", { class: `verdict ${verdict.tag}` }, `${parts.VERDICT_WORDS[verdict.tag] ?? verdict.tag}${verdict.value ? ` → ${verdict.value}` : ""}`,
        verdict.who && verdict.who !== data.person ? h("small", {}, ` by ${verdict.who}`) : null) : null,
      large?.error ? h("span", { class: "moved", title: large.error }, address ? `the original cannot be read, this is its thumbnail: ${large.error}` : large.error) : null,
      h("span", { class: "id" }, item.id));
  }

  /** The example itself: its picture, its text with the words that matter, or its features. */
  function shown(item, address) {
    if (data.medium === "text") return marked(item.text ?? "", hidden() ? [] : item.marks);
    if (data.medium === "row" && item.features) return h("div", { class: "table" }, featureTable(item.features, item.neighbours != null));
    if (!data.has_pictures) return h("span", { class: "nothing" }, "This run has no pictures: it was made from predictions, or from data without any.");
    return parts.picture(address, "large");
  }

  function finished() {
    return h("section", { class: "finished" },
      h("h3", {}, data.rows.length ? "Nothing left in this queue" : "This queue is empty"),
      h("p", {}, data.rows.length ? `All ${data.rows.length.toLocaleString("en")} have a verdict. ← goes back through them; another queue can be chosen above.` : data.empty));
  }

  function drawStatus() {
    const done = data.rows.reduce((n, row) => n + verdicts.has(row), 0), n = data.rows.length;
    const pace = paces.length ? paces.slice(-20).reduce((sum, ms) => sum + ms, 0) / Math.min(20, paces.length) / 1000 : null;
    const waiting = outbox.count(), notSaved = unsaved(outbox, head.querySelector("details.unsaved")?.open);
    const saved = [notSaved, outbox.isStuck()
      ? h("span", { class: "bad", title: outbox.trouble() }, `${waiting} kept here until the server stores them: ${outbox.trouble()}`)
      : notSaved && !waiting ? null : h("span", { class: waiting ? "quiet" : "good" }, waiting ? `saving ${waiting}` : "saved")];
    head.replaceChildren(...[
      h("span", { class: "progress", title: `${done} of ${n} in this queue have a verdict` }, h("span", { style: { width: `${n ? (100 * done) / n : 0}%` } })),
      h("span", { class: "count" }, h("b", {}, done.toLocaleString("en")), ` of ${n.toLocaleString("en")} reviewed`),
      pace == null ? null : h("span", { class: "quiet" }, `${pace.toFixed(1)} s each`),
      at < n ? h("span", { class: "quiet" }, `no. ${(at + 1).toLocaleString("en")}${DRAWN[data.drawn[at]] ? ` · ${DRAWN[data.drawn[at]]}` : ""}`) : null,
      h("span", { class: "said", role: "status" }, said), ...saved,
      h("button", { class: isBlind ? "plain on" : "plain", onclick: (event) => { event.target.blur(); toggleBlind(); }, title: "hide label and prediction until you decide" }, h("kbd", {}, "B"), "blind"),
      h("button", { class: help ? "plain on" : "plain", onclick: (event) => { event.target.blur(); toggleHelp(!help); } }, h("kbd", {}, "?"), "keys"),
    ].filter(Boolean));
    head.dataset.waiting = waiting;
    head.dataset.refused = outbox.refused.length;
    head.dataset.done = done;
  }

  function drawBar() {
    if (chooser) {
      chooser.list = h("div", { class: "choices" });
      drawChooser();
      bar.replaceChildren(h("span", { class: "question" }, "Which class is right?"), chooser.list,
        h("button", { class: "choice", onclick: () => choose("") }, h("kbd", {}, chooser.unsure), "not sure which"), chooser.input,
        h("button", { class: "plain", onclick: () => { chooser = null; draw(); } }, h("kbd", {}, "Esc"), "back"));
      return;
    }
    const current = verdicts.get(data.rows[at])?.tag, isDone = data.rows[at] === undefined;
    bar.replaceChildren(
      ...ACTIONS.map((action) => h("button", { class: current && action.tag === current ? "act on" : "act", disabled: isDone, onclick: (event) => { event.currentTarget.blur(); press(action); } },
        h("kbd", {}, action.key), action.text)),
      h("span", { class: "gap" }),
      h("button", { class: "act", disabled: !undoable.length, onclick: (event) => { event.currentTarget.blur(); undo(); } }, h("kbd", {}, "U"), "undo"),
      h("button", { class: "act", disabled: at === 0, "aria-label": "previous", onclick: (event) => { event.currentTarget.blur(); go(at - 1); } }, h("kbd", {}, "←")),
      h("button", { class: "act", disabled: isDone, "aria-label": "next", onclick: (event) => { event.currentTarget.blur(); go(at + 1); } }, h("kbd", {}, "→")));
  }

  // --- fetching what comes next ---------------------------------------------------------------------------

  async function fetchAhead() {
    const coming = [], key = data.key;
    if (data.rows[at] !== undefined) coming.push(data.rows[at]);
    if (data.rows[at - 1] !== undefined) coming.push(data.rows[at - 1]);
    for (let k = at + 1; k < data.rows.length && coming.length < AHEAD; k++) if (!verdicts.has(data.rows[k])) coming.push(data.rows[k]);
    coming.slice(0, PICTURES_AHEAD).forEach(fetchPicture);
    const wanted = coming.filter((row) => !items.has(row) && !loading.has(row) && !missing.has(row));
    const isUrgent = wanted.includes(data.rows[at]);
    if (!wanted.length || (!isUrgent && wanted.length < BATCH / 2 && coming.length === AHEAD)) return;
    const batch = isUrgent ? wanted.slice(0, 3) : wanted.slice(0, BATCH);
    batch.forEach((row) => loading.add(row));
    try {
      const found = await (await get(`/hem/detail/${encodeURIComponent(data.run)}?rows=${batch.join(",")}`)).json();
      const rows = found.flatMap((item) => [item.row, ...(item.neighbours ?? []).map((one) => one.row), ...item.duplicates.map((one) => one.row)]);
      await fetchThumbs([...new Set(rows)]);
      if (key !== data.key) return;
      for (const item of found) {
        items.set(item.row, item);
        if (mine.has(item.row)) continue;
        if (item.verdict) verdicts.set(item.row, item.verdict);
        else verdicts.delete(item.row);
      }
    } catch (error) {
      batch.forEach((row) => missing.set(row, error.message));
    } finally {
      batch.forEach((row) => loading.delete(row));
    }
    if (batch.includes(data.rows[at])) draw();
    fetchAhead();
  }

  async function fetchThumbs(rows) {
    const wanted = data.has_pictures ? rows.filter((row) => !thumbs.has(row)) : [];
    if (!wanted.length) return;
    const buffer = await (await get(`/hem/thumbs/${encodeURIComponent(data.run)}?rows=${wanted.join(",")}&v=${data.fingerprint}`)).arrayBuffer();
    const view = new DataView(buffer);
    let start = 4 + 4 * wanted.length;
    wanted.forEach((row, k) => {
      const length = view.getUint32(4 + 4 * k, true);
      thumbs.set(row, length ? URL.createObjectURL(new Blob([new Uint8Array(buffer, start, length)], { type: "image/webp" })) : "");
      start += length;
    });
  }

  async function fetchPicture(row) {
    if (!data.has_pictures || pictures.has(row)) return;
    pictures.set(row, {});
    try {
      const blob = await (await get(`/hem/image/${encodeURIComponent(data.run)}?rows=${row}&v=${data.fingerprint}`)).blob();
      pictures.set(row, { address: URL.createObjectURL(blob) });
    } catch (error) {
      pictures.set(row, { error: error.message });
    }
    for (const [old, one] of pictures) {
      if (pictures.size <= 60) break;
      if (one.address) URL.revokeObjectURL(one.address);
      pictures.delete(old);
    }
    if (row === data.rows[at] && items.has(row) && !help) body.querySelector(".frame")?.replaceWith(frame(items.get(row)));
  }

  async function get(address) {
    const response = await fetch(address, { headers: { "X-HEM-Token": data.token } });
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    throw new Error(answer.error ?? `the server answered ${response.status}`);
  }

  function onLeave(event) {
    if (outbox?.count()) event.preventDefault();
  }
}
