// @ts-check
// A link to what is on screen: run, level, filter, selection, view and the page's own part of the address.

import { h, icon } from "../shared/dom.js";

/** What an address may hold; browsers, proxies and mail programs cut longer ones. */
const LONGEST = 8000;

/** The query of a link: that of the address, with a state as `message` of explorer.js has it.
 *  @param {string} search @param {{run: string, level?: string, filter: any, selection: any, view: any}} state */
export function linkQuery(search, { run, level, filter, selection, view }) {
  const query = new URLSearchParams(search);
  query.delete("token"); // lets in whoever has it
  const values = {
    run,
    level: level && level !== "examples" ? level : "",
    rule: filter?.all?.length ? JSON.stringify(filter) : "",
    selection: selection?.all?.length ? JSON.stringify(selection) : "",
    view: Object.keys(view ?? {}).length ? JSON.stringify(view) : "",
  };
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return `?${query}`;
}

/** The button that copies it. state() gives the state; say({note} or {error}) tells what came of it. */
export function linkButton(state, say) {
  const title = "copy a link to what is on screen";
  return h(
    "button",
    { class: "hem-tool", title, "aria-label": title, "data-tool": "link", onclick: copy },
    icon("link"),
  );

  async function copy() {
    const { origin, pathname, search } = window.location,
      link = `${origin}${pathname}${linkQuery(search, state())}`;
    if (link.length > LONGEST)
      return say({
        error: "This selection is too long for a link. Save it as a view, by Views above the map, and send its name.",
      });
    return say(
      (await copied(link)) ? { note: "Link copied. It opens the same screen." } : { note: `Copy this link: ${link}` },
    );
  }
}

/** @param {string} text @returns {Promise<boolean>} */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https, or forbidden: the old way.
    const area = h("textarea", { value: text, style: { position: "fixed", opacity: "0" } });
    document.body.append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}
