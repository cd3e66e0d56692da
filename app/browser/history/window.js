// @ts-check
// History: which window this is, so that Python can mark what was done here.

import { pageClient } from "../shared/client.js";

/** Called by Streamlit at mount and with every new `data`, {id: what Python knows}.
 *  client: the page's, unless another shell brings its own. */
export default function thisWindow({ data, setStateValue, client = pageClient() }) {
  client.windowId().then((id) => {
    if (id !== data.id) setStateValue("window", { id });
  });
}
