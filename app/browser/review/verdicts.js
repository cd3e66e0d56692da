// @ts-check
// The verdicts as this page knows them: its own at once, everybody's as the server tells. No page here.

/** Row -> verdict {tag, value, who}. What was said here holds until the server tells a state that is as new. */
export function makeVerdicts() {
  const shown = new Map(),
    own = new Map(); // row -> {waiting: posts without an answer, revision: of the newest answer}

  return {
    get: (row) => shown.get(row),
    has: (row) => shown.has(row),
    clear() {
      shown.clear();
      own.clear();
    },
    /** This window says something of a row; null takes its verdict away. Then `stored` or `refused` is called. */
    say(row, verdict) {
      const one = own.get(row) ?? { waiting: 0, revision: 0 };
      own.set(row, { ...one, waiting: one.waiting + 1 });
      put(row, verdict);
    },
    /** The server has stored it, as of a revision; verdict: where the server decided it. */
    stored(row, revision, verdict) {
      const one = own.get(row);
      if (!one) return;
      own.set(row, { waiting: one.waiting - 1, revision: Math.max(one.revision, revision) });
      if (verdict !== undefined && one.waiting === 1) put(row, verdict);
    },
    /** Whether the server has not stored yet what was said here. */
    isStoring: (row) => (own.get(row)?.waiting ?? 0) > 0,
    /** The server did not take it: its own word counts again. */
    refused(row) {
      const one = own.get(row);
      if (one) own.set(row, { ...one, waiting: one.waiting - 1 });
    },
    /** The server's verdicts {row: verdict} on `rows` as of a revision; returns the rows that changed. */
    take(revision, rows, found) {
      return rows.filter((row) => {
        const one = own.get(row);
        if (one && (one.waiting > 0 || one.revision > revision)) return false;
        own.delete(row);
        const before = shown.get(row),
          now = found[row] ?? null;
        put(row, now);
        return before?.tag !== now?.tag || before?.value !== now?.value || before?.who !== now?.who;
      });
    },
  };

  function put(row, verdict) {
    if (verdict) shown.set(row, verdict);
    else shown.delete(row);
  }
}
