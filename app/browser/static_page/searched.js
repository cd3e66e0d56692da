// @ts-check
// The search of a page without a server: the same words, phrases and patterns, in the page's own regular expressions.

const TERM = /"([^"]+)"|(\S+)/g;
const PATTERN = /^\/(.+)\/(i?)$/s;

/** What of a list of texts a search finds: the parts as they are written, none where the row does not match.
 *  Raises for a pattern that is none. @param {string} search @returns {(texts: (string | null)[]) => string[]} */
export function finderOf(search) {
  const written = PATTERN.exec(search.trim());
  if (written) return byPattern(written[1], written[2]);
  const words = [...search.matchAll(TERM)].map(([, phrase, word]) => phrase ?? word);
  return (texts) => {
    const found = words.map((word) => texts.map((text) => partOf(text, word)).find((part) => part != null));
    return words.length && found.every((part) => part != null) ? /** @type {string[]} */ (found) : [];
  };
}

function byPattern(pattern, ignore) {
  let regex;
  try {
    regex = new RegExp(pattern, `g${ignore}`);
  } catch (error) {
    throw new Error(`/${pattern}/ is not a regular expression: ${error.message.split(": ").at(-1)}`);
  }
  return (texts) => [...new Set(texts.flatMap((text) => text?.match(regex) ?? []))].filter(Boolean);
}

function partOf(text, word) {
  const at = text?.toLowerCase().indexOf(word.toLowerCase()) ?? -1;
  return text != null && at >= 0 ? text.slice(at, at + word.length) : null;
}
