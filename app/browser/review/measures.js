// @ts-check
// What was measured of an example: the four axes, and the probability of its label while the model was trained.

import { h, s } from "../shared/dom.js";
import { number, quiet } from "./words.js";

/** The four axes: a dot for the standing over all, a bar for the one within the class. */
export function axes(item, isHidden) {
  if (isHidden) return null;
  const hasClasses = item.axes.some((axis) => axis.within != null);
  return h(
    "section",
    { class: "axes" },
    h("h4", {}, "Four axes", h("span", { class: "quiet" }, " percentile, 100 = hardest")),
    h(
      "div",
      { class: "axis head quiet" },
      h("span"),
      h("span"),
      h("span", { class: "value" }, "all"),
      hasClasses ? h("span", { class: "value" }, "class") : null,
    ),
    item.axes.map((axis) => axisLine(axis, axis.axis === item.worst_axis, hasClasses)),
  );
}

function axisLine(axis, isWorst, hasClasses) {
  if (axis.score === null) {
    return h("div", { class: "axis missing" }, h("span", { class: "name" }, axis.axis), quiet("not in this run"));
  }
  const unit = axis.unit && axis.unit.length < 9 ? ` ${axis.unit}` : "";
  const title = `${axis.score}: ${number(axis.value)} ${axis.unit}\n${axis.meaning}`;
  const standing = (value) => h("span", { class: "value" }, value == null ? "–" : value.toFixed(0));
  return h(
    "div",
    { class: isWorst ? "axis worst" : "axis", title },
    h(
      "span",
      { class: "name" },
      axis.axis,
      isWorst ? h("em", {}, "worst") : null,
      h("small", {}, `${axis.score} ${number(axis.value)}${unit}`),
    ),
    h(
      "span",
      { class: "track" },
      h("span", { class: "fill", style: { width: `${axis.all ?? 0}%` } }),
      axis.within == null ? null : h("span", { class: "tick", style: { left: `${axis.within}%` } }),
    ),
    standing(axis.all),
    hasClasses ? standing(axis.within) : null,
  );
}

/** Probability of the given label over the epochs; filled dots where the prediction was the label. */
export function curve(item, isHidden) {
  if (isHidden) return null;
  const title = h("h4", {}, "Training", h("span", { class: "quiet" }, " probability of the given label by epoch"));
  const none = "No training dynamics were recorded.";
  if (!item.curve) return h("section", { class: "curve" }, title, h("p", { class: "quiet" }, none));
  const values = item.curve.confidence,
    width = 320,
    height = 92,
    left = 22,
    bottom = 16,
    top = 6;
  const x = (epoch) => left + (values.length < 2 ? 0.5 : epoch / (values.length - 1)) * (width - left - 8);
  const y = (value) => top + (1 - value) * (height - top - bottom);
  const parts = [];
  for (const level of [0, 0.5, 1]) {
    parts.push(s("line", { x1: left, x2: width - 8, y1: y(level), y2: y(level), class: "grid" }));
    parts.push(text(left - 5, y(level) + 3, level === 0.5 ? ".5" : String(level), "end"));
  }
  const seen = values.map((value, epoch) => [epoch, value]).filter(([, value]) => value != null);
  const points = seen.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" ");
  parts.push(s("polyline", { points, class: "line" }));
  for (const [epoch, value] of seen) {
    const isHit = item.curve.is_correct[epoch] === 1;
    const r = seen.length > 40 ? 1.6 : 2.8;
    parts.push(
      s(
        "circle",
        { cx: x(epoch), cy: y(value), r, class: isHit ? "hit" : "miss" },
        s("title", {}, `epoch ${epoch + 1}: ${value.toFixed(3)}, predicted ${isHit ? "as labelled" : "otherwise"}`),
      ),
    );
  }
  parts.push(text(x(0), height - 3, "1", "middle"));
  if (values.length > 1) parts.push(text(x(values.length - 1), height - 3, String(values.length), "middle"));
  return h(
    "section",
    { class: "curve" },
    title,
    s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, ...parts),
    h(
      "p",
      { class: "key quiet" },
      h("i", { class: "dot hit" }),
      "predicted as labelled",
      h("i", { class: "dot miss" }),
      "otherwise",
    ),
  );
}

function text(x, y, content, anchor) {
  return s("text", { x, y, "text-anchor": anchor }, content);
}
