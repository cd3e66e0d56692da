// @ts-check
// Plotly where no server hands it out: its source comes from wherever the shell has it.

/** @type {(() => Promise<string>) | null} */
let source = null;

/** Tell where the source of Plotly comes from; it is asked for when it is first needed.
 *  @param {() => Promise<string>} of */
export function brought(of) {
  source = of;
}

/** The address of the script of Plotly: of what was brought, else beside the folder of this version. */
export async function plotlyAddress() {
  if (!source) return new URL("../../plotly.min.js", import.meta.url).href;
  // Pages with AMD modules, such as the classic notebook, would else keep it from becoming a global name.
  const text = `(function (define, module, exports) {\n${await source()}\n}).call(globalThis);`;
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}
