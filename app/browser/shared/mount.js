// @ts-check
// When does a component end? Streamlit's cleanup alone does not tell.

/** A cleanup for Streamlit that calls end() only when `element` has left the page.
 *
 *  Each change of the data calls the component's function, which returns a cleanup each time. When the next change
 *  arrives before that function has returned, Streamlit calls the cleanup at once, although the element stays where it
 *  is and the next call is on its way.
 *  @param {Pick<Node, "isConnected">} element @param {() => void} end @returns {() => void} */
export function whenRemoved(element, end) {
  return () => {
    setTimeout(() => {
      if (!element.isConnected) end();
    });
  };
}
