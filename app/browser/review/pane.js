// @ts-check
// The example of Review in its columns: itself and its labels, why it is here, what is near it, what was said of it.

import { featureTable, marked } from "../shared/contents.js";
import { h } from "../shared/dom.js";
import * as parts from "./item.js";
import { axes, curve } from "./measures.js";
import { exploreNear, others as listed } from "./near.js";
import { why } from "./why.js";

export const waiting = parts.waiting;

/** The columns. isBlinded: without label, prediction, suspicion, id and neighbours' labels; worded(verdict) is text. */
export function columns({ item, isBlinded, isPlain, verdict, data, pictures, worded, stage = null, unsure = null }) {
  const { trust, kinds } = data;
  const moreOf = data.has_embeddings ? (id) => exploreNear(data, id) : null;
  const near = (name) => listed(item, name, pictures.thumb, isBlinded, data.look, data.classes.length > 0, moreOf);
  const look = [
    pane({ item, isBlinded, isPlain, verdict, data, pictures, worded, stage, unsure }),
    parts.opinions(item, isBlinded, worded),
    parts.labels(item, isBlinded),
  ];
  const reason = why(item, isBlinded, trust, kinds),
    ranks = axes(item, isBlinded),
    history = parts.history(item, isBlinded, data.words);
  // Beside a picture that is worked on stands what there is, the nearest to the picture first.
  const facts = stage ? [reason] : [reason, ranks, curve(item, isBlinded)];
  const past = [parts.relatives(item, isBlinded), history, stage ? ranks : null, parts.columns(item, isBlinded)];
  const others = !stage || item.neighbours ? [near("neighbours"), near("duplicates")] : [];
  return [
    h("div", { class: "look" }, look),
    h("div", { class: "facts" }, facts),
    h("div", { class: "context" }, others),
    h("div", { class: "past" }, past),
  ];
}

/** Instead of an example that could not be fetched. */
export function broken(reason, again) {
  return h(
    "section",
    { class: "finished" },
    h("h3", {}, "This example cannot be shown"),
    h("p", {}, reason),
    h("button", { class: "plain", onclick: again }, "Try again"),
  );
}

function pane({ item, isBlinded, isPlain, verdict, data, pictures, worded, stage, unsure }) {
  const large = pictures.picture(item.row, isPlain),
    picture = large?.address || (isPlain ? "" : pictures.thumb(item.row)); // a small one has the parts in it
  const of = verdict && verdict.who !== data.person ? h("small", {}, ` by ${verdict.who}`) : null;
  return h(
    "div",
    { class: stage ? "frame of-boxes" : `frame of-${data.look}` },
    stage ?? itself(item, picture, isBlinded, data),
    !verdict && !isBlinded && item.bulk ? parts.bulk(item.bulk, data.words) : null,
    verdict ? h("span", { class: `verdict ${verdict.tag}` }, worded(verdict), of) : null,
    unsure?.n ? parts.unsure(unsure) : null,
    large?.error && !isBlinded ? parts.moved(large.error, picture) : null,
    isBlinded ? null : h("span", { class: "id", title: item.id }, item.id),
  );
}

/** Its picture, its text with the words that matter, or its features. */
function itself(item, picture, isBlinded, { look, has_pictures }) {
  if (look === "words") return marked(item.text ?? "", isBlinded ? [] : item.marks);
  if (look === "features" && item.features) {
    return h("div", { class: "table" }, featureTable(item.features, item.neighbours != null));
  }
  return has_pictures ? parts.picture(picture, "large") : parts.pictureless();
}
