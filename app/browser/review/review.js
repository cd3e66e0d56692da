// @ts-check
// Review: one example after another by keys. Shown at once here; the server and Python follow.

import { pageClient } from "../shared/client.js";
import { whenRemoved } from "../shared/mount.js";
import { makeDesk } from "./desk.js";

let open = null; // one desk a page: two would both hear the keys

/** Called by Streamlit at mount and with every new `data`; the desk lives on in between.
 *  client: the page's, unless another shell brings its own. */
export default function review({ data, parentElement, setTriggerValue, client = pageClient() }) {
  const place = parentElement.querySelector(".hem-review");
  if (open?.place !== place) {
    open?.desk.close();
    open = { place, desk: makeDesk(place, client, (page) => setTriggerValue("leave", { page })) };
  }
  open.desk.update(data);
  return whenRemoved(place, () => {
    if (open?.place !== place) return;
    open.desk.close();
    open = null;
  });
}
