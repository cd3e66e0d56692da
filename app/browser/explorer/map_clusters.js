// @ts-check
// A named cluster of the map, pointed at or focused: a card with typical members; a click or Enter selects it.

import { snippet } from "../shared/contents.js";
import { h } from "../shared/dom.js";
import { clauses } from "../shared/rules.js";
import { nameAt } from "./map_names.js";

const REST_MS = 90; // for which the pointer rests on a name before its card is shown
const LINES = 3; // of a text

/** Follow the names of the map in `host`. The names are painted; over each lies a button that takes no pointer, so that
 *  a lasso can begin on it, and that the keyboard reaches: Tab to the first, arrows to the others.
 *  Returns {place, over, click, leave, end}.
 *  @param {import("./bus.js").Bus} bus @param {HTMLElement} host */
export function makeClusters(bus, host) {
  const names = h("div", { class: "hem-cluster-names", role: "group", "aria-label": "clusters" }),
    card = h("div", { class: "hem-tip hem-cluster-card", role: "status", hidden: true });
  host.append(names, card);
  let placed = /** @type {import("./map_names.js").Placed[]} */ ([]),
    margin = { l: 0, t: 0 },
    shown = "",
    timer = 0;
  const buttons = /** @type {Map<string, HTMLElement>} */ (new Map());
  names.addEventListener("keydown", key);

  return {
    /** Names stand elsewhere, or are others. @param {import("./map_names.js").Placed[]} next */
    place(next, room) {
      [placed, margin] = [next, room];
      if (!names.isConnected) host.append(names, card); // the host was emptied by another figure
      const wanted = placed.map((one) => button(one));
      if (wanted.length !== names.children.length || wanted.some((one, at) => one !== names.children[at])) {
        names.replaceChildren(...wanted);
        roam(wanted.find((one) => one.tabIndex === 0) ?? wanted[0]);
      }
      const here = placed.find(({ one }) => one.cluster === shown);
      if (shown && !here) hide();
      else if (here) stand(here);
    },
    /** The pointer is at x, y of the plot. Returns whether that is on a name. */
    over(x, y) {
      const found = nameAt(placed, x, y);
      if (found?.one.cluster === shown && shown) return true;
      clearTimeout(timer);
      if (!names.contains(active())) hide();
      if (found) timer = window.setTimeout(() => show(found), REST_MS);
      return Boolean(found);
    },
    /** A click at x, y: on a name it selects the cluster. Returns whether it did. */
    click(x, y, adds) {
      const found = nameAt(placed, x, y);
      if (found) choose(found.one, adds);
      return Boolean(found);
    },
    leave() {
      clearTimeout(timer);
      if (!names.contains(active())) hide();
    },
    end() {
      clearTimeout(timer);
      shown = "";
      names.remove();
      card.remove();
    },
  };

  /** @param {import("./map_names.js").Placed} _ */
  function button({ one, x, y, half }) {
    const found = buttons.get(one.cluster) ?? made(one);
    buttons.set(one.cluster, found);
    Object.assign(found.style, {
      left: `${x - half + margin.l}px`,
      top: `${y - 9 + margin.t}px`,
      width: `${2 * half}px`,
    });
    return found;
  }

  /** @param {import("./map_names.js").Named} one */
  function made(one) {
    return h("button", {
      class: "hem-cluster-name",
      tabIndex: -1,
      "data-cluster": one.cluster,
      "aria-label": `${one.name}: select its ${bus.counted(one.n)}`,
      onclick: (event) => choose(one, event.shiftKey || event.ctrlKey || event.metaKey),
      onfocus: (event) => {
        roam(event.target);
        const here = placed.find((each) => each.one.cluster === one.cluster);
        if (here) show(here);
      },
      onblur: hide,
    });
  }

  /** One button is where Tab gets to, the one that had the focus last. */
  function roam(to) {
    for (const one of names.children) /** @type {HTMLElement} */ (one).tabIndex = one === to ? 0 : -1;
  }

  function key(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key],
      all = /** @type {HTMLElement[]} */ ([...names.children]);
    if (event.key === "Escape" && !card.hidden) hide();
    else if (by) all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation(); // arrows walk through the drawer, Escape closes it
  }

  function choose(one, adds) {
    bus.set({ selection: { all: [chosen(bus.selection, one.cluster, adds)] }, picks: new Set() });
  }

  async function show(found) {
    const { one } = found,
      rows = one.typical ?? [];
    shown = one.cluster;
    card.replaceChildren(...head(one), ...apart(one));
    card.hidden = false;
    stand(found);
    try {
      const [pictures, contents, ids] = await Promise.all([bus.thumbsOf(rows), bus.contentsOf(rows), bus.idsOf(rows)]);
      if (shown !== one.cluster) return;
      card.replaceChildren(...head(one), ...members(pictures, contents, ids), ...apart(one));
      const here = placed.find((each) => each.one.cluster === shown);
      if (here) stand(here);
    } catch (error) {
      bus.say({ error: error.message });
    }
  }

  function hide() {
    shown = "";
    card.hidden = true;
  }

  /** The card below its name, or above it where there is no room. */
  function stand({ x, y }) {
    const { offsetWidth: wide, offsetHeight: high } = card,
      left = Math.max(8, Math.min(x + margin.l - wide / 2, host.clientWidth - wide - 8)),
      below = y + margin.t + 14,
      top = below + high + 8 <= host.clientHeight ? below : Math.max(8, below - 28 - high);
    card.style.transform = `translate(${left}px, ${top}px)`;
  }

  function head(one) {
    return [
      h("div", { class: "hem-tip-id" }, one.name),
      h("div", { class: "hem-muted" }, `cluster ${one.cluster}, ${bus.counted(one.n)}: click to select`),
    ];
  }

  /** Columns that set it apart, where a member by itself says little. */
  function apart(one) {
    if (bus.hasPictures || bus.shows === "words" || !one.apart?.length) return [];
    return [
      h(
        "ul",
        { class: "hem-cluster-apart" },
        one.apart.map((line) => h("li", {}, line)),
      ),
    ];
  }

  /** Up to three members, as pictures or texts. */
  function members(pictures, contents, ids) {
    if (pictures.some(Boolean)) {
      const drawn = pictures.flatMap((src, at) => (src ? [picture(src, ids[at])] : []));
      return [h("div", { class: "hem-cluster-members" }, drawn)];
    }
    const texts = contents.filter((one) => typeof one === "string");
    return texts.length
      ? [
          h(
            "div",
            { class: "hem-cluster-texts" },
            texts.map((one) => snippet(one, LINES)),
          ),
        ]
      : [];
  }

  /** Tiny pictures are scaled up in whole pixels, large ones smoothly. */
  function picture(src, id) {
    const image = h("img", { src, alt: id });
    image.addEventListener("load", () =>
      image.classList.toggle("is-tiny", image.naturalWidth < 64 && image.naturalHeight < 64),
    );
    return image;
  }

  function active() {
    return /** @type {Document | ShadowRoot} */ (host.getRootNode()).activeElement;
  }
}

/** The clause that selects a cluster; adds: with those that the selection is of already, or without it where it is
 *  among them. */
export function chosen(selection, cluster, adds) {
  const before = clauses(selection).find((one) => one.column === "cluster" && one.in)?.in ?? [],
    rest = before.filter((one) => one !== cluster);
  const wanted = !adds || !before.length ? [cluster] : rest.length < before.length ? rest : [...before, cluster];
  return { column: "cluster", in: wanted.length ? wanted : [cluster] };
}
