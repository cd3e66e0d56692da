// @ts-check
// Modules without addresses: where no server hands them out, each becomes an address of this window.

/** Import the last of some modules. modules: [name, source], each after those that it imports as "hem:<name>".
 *  @param {[string, string][]} modules */
export function link(modules) {
  const addresses = {};
  let last = "";
  for (const [name, source] of modules) {
    const text = source.replace(/"hem:([^"]+\.js)"/g, (_, wanted) => JSON.stringify(addresses[wanted]));
    last = addresses[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  }
  return import(last);
}
