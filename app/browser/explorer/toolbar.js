// @ts-check
// The bar above the map: kinds, axes and colour, tools. Each function gives elements to put in place.

import { h, icon, menu, select } from "../shared/dom.js";
import { isDense } from "./colouring.js";

export const MODES = [
  ["data", "Data map"],
  ["embedding", "Embedding map"],
  ["scores", "Score against score"],
  ["matrix", "Confusion matrix"],
  ["table", "Table"],
];

/** The kinds of map that the task of a run can have: the matrix is of classes. A run that could have one, and lacks
 *  what it is drawn of, keeps the tab, which says why. */
export const modesOf = (missing) => MODES.filter(([mode]) => mode !== "matrix" || !missing?.matrix);

/** The kinds of map, as tabs.
 *  @param {import("./bus.js").Bus} bus */
export function switcher(bus, view, missing) {
  return modesOf(missing).map(([mode, text]) =>
    h(
      "button",
      {
        role: "tab",
        "aria-selected": String(view.mode === mode),
        class: view.mode === mode ? "is-on" : "",
        onclick: () => bus.setView({ mode }),
      },
      text,
    ),
  );
}

/** What the kind of map on screen is drawn with.
 *  @param {import("./bus.js").Bus} bus */
export function controls(bus, view) {
  if (view.mode === "table") return [];
  const scores = options(bus, (one) => one.is_score),
    numbers = options(bus, (one) => one.kind === "number" && !one.is_score);
  const named = options(bus, (one) => one.kind !== "number" && one.names.length > 1 && one.names.length < 200);
  const axis = (name) =>
    select(
      [
        { group: "Scores", options: scores },
        { group: "Columns", options: numbers },
      ],
      view[name],
      (value) => bus.setView({ [name]: value }),
      `${name} axis`,
    );
  const parts = [];
  if (view.mode === "scores") parts.push(labelled("x", axis("x")), labelled("y", axis("y")));
  if (view.mode === "matrix") {
    parts.push(
      labelled(
        "order",
        select(
          [
            ["class", "as given"],
            ["support", "support"],
            ["error", "error rate"],
            ["name", "name"],
            ["block", "confused together"],
          ],
          view.order,
          (order) => bus.setView({ order }),
          "order of the classes",
        ),
      ),
    );
    parts.push(
      labelled(
        "show",
        select(
          [
            ["", "counts"],
            ["1", "share of given"],
          ],
          view.rates ? "1" : "",
          (rates) => bus.setView({ rates: rates === "1" }),
          "what the cells show",
        ),
      ),
    );
  } else {
    parts.push(
      labelled(
        "colour",
        select(
          [
            { group: "Scores", options: scores },
            { group: "Categories", options: named },
            { group: "Columns", options: numbers },
          ],
          view.colour,
          (colour) => bus.setView({ colour }),
          "colour",
        ),
      ),
    );
  }
  return parts;
}

/** Tools of the pointer, zoom and downloads. parts() gives {map, matrix, histogram}; choose(name) takes a tool.
 *  @param {import("./bus.js").Bus} bus */
export function tools(bus, view, { parts, lacking, tool, choose }) {
  const files = (target) =>
    ["png", "svg", "csv"].map((format) => [
      `${target()[0]} as ${format.toUpperCase()}`,
      () =>
        target()[1]
          .download(format)
          .catch((error) => bus.say({ error: error.message })),
    ]);
  if (view.mode === "table") {
    const csv = () =>
      parts()
        .table.download()
        .catch((error) => bus.say({ error: error.message }));
    return [button("download", `the ${bus.rows} shown, with these columns, as CSV`, csv)];
  }
  const main = () => (view.mode === "matrix" ? ["Matrix", parts().matrix] : ["Map", parts().map]);
  const entries = [...(lacking ? [] : files(main)), ...files(() => ["Histogram", parts().histogram])];
  const buttons = [];
  if (view.mode !== "matrix" && !lacking) {
    for (const [name, label] of [
      ["lasso", "lasso (drag; Shift narrows)"],
      ["box", "box"],
      ["pan", "move"],
    ]) {
      buttons.push(
        h(
          "button",
          {
            class: tool === name ? "hem-tool is-on" : "hem-tool",
            title: label,
            "aria-label": label,
            "aria-pressed": String(tool === name),
            "data-tool": name,
            onclick: () => {
              choose(name);
            },
          },
          icon(name),
        ),
      );
    }
    buttons.push(h("span", { class: "hem-divider" }));
  }
  if (!lacking) {
    const figure = () => parts().matrix ?? parts().map;
    buttons.push(
      button("plus", "zoom in", () => figure().zoom(0.7)),
      button("minus", "zoom out", () => figure().zoom(1.4)),
      button("reset", "show everything (double-click on empty space)", () => figure().fit()),
      h("span", { class: "hem-divider" }),
    );
  }
  if (view.mode === "embedding" && !lacking && bus.described.cluster) {
    buttons.push(
      h(
        "button",
        {
          class: view.names ? "hem-tool is-on" : "hem-tool",
          title: "names of the clusters",
          "aria-label": "names of the clusters",
          "aria-pressed": String(view.names),
          onclick: () => bus.setView({ names: !view.names }),
        },
        icon("tag"),
      ),
    );
  }
  if (view.mode !== "matrix" && !lacking) {
    buttons.push(
      h(
        "button",
        {
          class: view.hide ? "hem-tool is-on" : "hem-tool",
          title: view.hide ? "filtered-out points are hidden" : "hide filtered-out points",
          "aria-label": "hide filtered-out points",
          "aria-pressed": String(view.hide),
          onclick: () => bus.setView({ hide: !view.hide }),
        },
        icon(view.hide ? "noeye" : "eye"),
      ),
      ...(bus.canCount ? [densityButton(bus, view)] : []),
    );
  }
  if (view.mode !== "matrix" && !lacking && !isDense(view, bus)) buttons.push(contoursButton(bus, view));
  return [...buttons, menu(icon("download"), "download", entries)];
}

/** Lines of equal density over the points, or none.
 *  @param {import("./bus.js").Bus} bus */
function contoursButton(bus, view) {
  return h(
    "button",
    {
      class: view.contours ? "hem-tool is-on" : "hem-tool",
      title: "contours of density, where points lie over each other",
      "aria-label": "contours",
      "aria-pressed": String(view.contours),
      onclick: () => bus.setView({ contours: !view.contours }),
    },
    icon("contours"),
  );
}

/** Density or every point.
 *  @param {import("./bus.js").Bus} bus */
function densityButton(bus, view) {
  const isOn = isDense(view, bus);
  const title = isOn
    ? "density: the more examples in a cell, the stronger its colour; the hardest as points"
    : "show the density of the points";
  return h(
    "button",
    {
      class: isOn ? "hem-tool is-on" : "hem-tool",
      title,
      "aria-label": "density",
      "aria-pressed": String(isOn),
      onclick: () => bus.setView({ dense: isOn === bus.isCrowd ? !isOn : null }),
    },
    icon("density"),
  );
}

function options(bus, isWanted) {
  return Object.entries(bus.described)
    .filter(([, one]) => isWanted(one))
    .map(([name, one]) => [name, one.title]);
}

function labelled(text, control) {
  return h("label", { class: "hem-labelled" }, h("span", { class: "hem-muted" }, text), control);
}

function button(name, label, action) {
  return h("button", { class: "hem-tool", title: label, "aria-label": label, onclick: action }, icon(name));
}
