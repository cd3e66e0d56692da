// Runs the bodies that tests send, a line of JSON each, and answers each with a line: {found} or {error}.
// A run sees modules, globals and timers as a process of its own would.
import { registerHooks } from "node:module";
import { createInterface } from "node:readline";

const AsyncFunction = (async () => {}).constructor;
const TIMERS = ["setTimeout", "setInterval", "setImmediate"];
const STOPS = { setTimeout: clearTimeout, setInterval: clearInterval, setImmediate: clearImmediate };
const SHARED = [globalThis, URL, Date, Math, performance, console]; // a run may replace what they have
let run = 0;
let failed = null; // rejects the run that is going on

// A run's modules are its own: what they import has the run's number in its address too.
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context);
    const { search } = URL.canParse(context.parentURL ?? "") ? new URL(context.parentURL) : { search: "" };
    return search.startsWith("?run=") && found.url.startsWith("file:") ? { ...found, url: fresh(found.url) } : found;
  },
});

for (const name of ["uncaughtException", "unhandledRejection"]) process.on(name, (error) => failed?.(error));

const fresh = (url) => `${url.split("?")[0]}?run=${run}`;

async function answer({ base, module, body, values }) {
  run += 1;
  const before = SHARED.map((one) => Object.getOwnPropertyDescriptors(one));
  const started = TIMERS.map((name) => recorded(name));
  const load = (name) => import(fresh(new URL(name, base).href));
  try {
    const trouble = new Promise((_, reject) => (failed = reject));
    const result = async () =>
      new AsyncFunction("m", "load", "v", `"use strict"; ${body}`)(await load(module), load, values);
    const found = await Promise.race([result(), trouble]);
    return { found: found ?? null };
  } catch (error) {
    return { error: String(error?.stack ?? error) };
  } finally {
    failed = null;
    for (const stop of started) stop();
    SHARED.forEach((one, k) => restore(one, before[k]));
  }
}

// Counts the timers of one kind; calling the result stops those that a run left behind.
function recorded(name) {
  const start = globalThis[name];
  const all = [];
  globalThis[name] = (...args) => {
    const timer = start(...args);
    all.push(timer);
    return timer;
  };
  return () => all.forEach(STOPS[name]);
}

function restore(one, before) {
  for (const name of Reflect.ownKeys(one)) if (!(name in before)) Reflect.deleteProperty(one, name);
  Object.defineProperties(one, before);
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = await answer(JSON.parse(line));
  await new Promise(setImmediate); // what the run left behind fails now, and nobody hears it
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
