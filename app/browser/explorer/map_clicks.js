// @ts-check
// What a click on the map picks, and on empty ground lets go.

/** @param {Pick<import("./bus.js").Bus, "picks" | "selected" | "selection" | "set" | "idsOf">} bus */
export function makeClicks(bus) {
  let taken = null; // what the last click on empty ground took away

  return {
    /** A click on a row picks it alone, or adds it to the picks; one that is picked is let go. On empty ground (row -1)
     *  the picks go, or where there are none the selection. */
    async click(row, adds) {
      taken = null;
      if (row < 0) return letGo();
      await bus.idsOf([row]);
      const picks = new Set(adds ? bus.picks : []);
      if (bus.picks.has(row)) picks.delete(row);
      else picks.add(row);
      return bus.set({ picks });
    },
    /** A double click on empty ground is no click: what its first click took comes back. */
    giveBack() {
      if (taken) bus.set(taken);
      taken = null;
    },
  };

  function letGo() {
    if (bus.picks.size) {
      taken = { picks: bus.picks };
      return bus.set({ picks: new Set() });
    }
    if (!bus.selected) return undefined;
    taken = { selection: bus.selection };
    return bus.set({ selection: { all: [] } });
  }
}
