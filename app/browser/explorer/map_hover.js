// @ts-check
// What the pointer is over on the map: the row that all parts of the page light up, and its tooltip.

import { snippet } from "../shared/contents.js";
import { h } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { pair } from "./pair.js";

const REST_MS = 40; // for which the pointer rests on a point before its picture is asked for

/** Follow the pointer over `catcher`, which lies in `host`. seen() is {score, margin}: the column that the tooltip
 *  shows, and the margin {l, t} of the catcher in CSS pixels. Returns {over(row, x, y), leave, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeHover(bus, host, catcher, seen) {
  const tip = tooltip(host);
  let timer = 0,
    isOver = false;

  return {
    /** The pointer is at x, y of the catcher, on the point of a row, or on none (-1). */
    over(row, x, y) {
      isOver = true;
      catcher.classList.toggle("is-over", row >= 0);
      bus.hover(row);
      clearTimeout(timer);
      if (row < 0) return tip.hide();
      timer = setTimeout(() => show(row, x, y), REST_MS);
    },
    leave() {
      isOver = false;
      clearTimeout(timer);
      bus.hover(-1);
      tip.hide();
      catcher.classList.remove("is-over");
    },
    end() {
      clearTimeout(timer);
    },
  };

  async function show(row, x, y) {
    const { score, margin } = seen();
    const [[id], [picture], [content]] = await Promise.all([
      bus.idsOf([row]),
      bus.thumbsOf([row]),
      bus.contentsOf([row]),
      bus.needValues([row], [score, "error"]),
    ]);
    if (bus.hovered !== row || !isOver) return;
    tip.show(x + margin.l, y + margin.t, {
      id,
      picture,
      content: content && snippet(content, 4),
      line: pair(bus, row),
      more: bus.described[score] ? `${bus.title(score)} ${short(bus.valueOf(score, row))}` : "",
    });
  }
}

/** The tooltip of one example: its picture, id, "predicted → given" and a line more. */
function tooltip(host) {
  const picture = h("img", { class: "hem-tip-picture", alt: "" });
  const id = h("div", { class: "hem-tip-id" }),
    line = h("div"),
    content = h("div", { class: "hem-tip-content" }),
    more = h("div", { class: "hem-muted" });
  const box = h(
    "div",
    { class: "hem-tip", hidden: true, role: "status" },
    picture,
    h("div", { class: "hem-tip-text" }, id, content, line, more),
  );
  host.append(box);
  return {
    show(x, y, texts) {
      [id.textContent, more.textContent] = [texts.id, texts.more];
      line.replaceChildren(...texts.line);
      content.replaceChildren(...(texts.content ? [texts.content] : []));
      picture.hidden = !texts.picture;
      if (texts.picture && picture.src !== texts.picture) picture.src = texts.picture;
      box.hidden = false;
      const room = host.clientWidth - box.offsetWidth - 8,
        floor = host.clientHeight - box.offsetHeight - 8;
      const [left, top] = [Math.max(8, Math.min(x + 14, room)), Math.max(8, Math.min(y + 14, floor))];
      box.style.transform = `translate(${left}px, ${top}px)`;
    },
    hide() {
      box.hidden = true;
    },
  };
}
