// @ts-check
// The tags of the run on screen: shown at once, kept by the outbox until they are stored, followed where others tag.

/** What a bus does with tags: its `outbox`, `verdicts` (N) as numbers, and the `revision` of the log they are from.
 *  bus() gives the bus that they are a part of; changed() is called when the tags are others, so that its masks may be
 *  old. data: as openBus takes it. */
export function makeTagging({ client, source, data, bus, changed }) {
  let hadWaiting = false;

  return {
    outbox: null,
    verdicts: new Uint8Array(data.n),
    revision: -1,

    /** Fetch the tags. */
    async tags() {
      const { codes, revision, hasFree } = await source.verdicts();
      Object.assign(bus(), { verdicts: codes, revision, hasFree });
      bus().emit("tags");
      await changed();
    },
    /** Ask whether somebody else tagged; fetches the tags anew when so. */
    async look() {
      if (bus().outbox.count()) return; // what waits is shown, though the server does not know it yet
      if ((await source.revision()) !== bus().revision) await bus().tags();
    },
    /** A step of the outbox. */
    kept() {
      const has = bus().outbox.count() > 0;
      if (hadWaiting && !has)
        bus()
          .look()
          .catch(() => {}); // somebody else may have tagged meanwhile
      hadWaiting = has;
      bus().emit("kept");
    },
    /** Tag everything in the scope: shown at once, kept in the outbox until it is stored. Raises what was refused,
     *  with the way to `retry` it. */
    async tag(action, tag) {
      const { scope, verdicts, verdictNames } = bus(),
        body = { action, tag, rule: bus().scopeRule() };
      const code = verdictNames.indexOf(tag) + 1;
      if (action === "clear" || (code && action === "add")) {
        for (let i = 0; i < data.n; i++) if (scope[i]) verdicts[i] = action === "clear" ? 0 : code;
        bus().emit("tags");
      }
      return posted("/hem/tags", body);
    },
    undo: (batch) => posted("/hem/undo", { batch }),
  };

  async function posted(path, body) {
    await client.windowId();
    const post = { ...body, ...source.about(), fingerprint: data.fingerprint };
    const answer = await answered(bus().outbox.post(path, post));
    await bus()
      .tags()
      .catch(() => {}); // stored all the same; the next look fetches them
    return answer;
  }

  async function answered(number) {
    const { outbox } = bus(),
      answer = await outbox.answer(number);
    if (answer) return answer;
    const entry = outbox.refused.find((one) => one.client === outbox.client && one.sequence === number);
    const retry = () => {
      outbox.retry(entry);
      return answered(number);
    };
    throw Object.assign(new Error(entry?.reason ?? "discarded"), entry ? { retry } : {});
  }
}
