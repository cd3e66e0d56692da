// @ts-check
// What a run lacks for a kind of map, in words.

/** Why a kind of map cannot be drawn, and the way to get it; null when it can.
 *  @param {import("./bus.js").Bus} bus */
export function lack(bus, missing, mode) {
  const why = (...names) => names.map((name) => missing?.[name]).find(Boolean);
  const has = (...names) => names.every((name) => bus.described[name]);
  if (mode === "data" && !has("confidence_mean", "variability")) {
    return {
      title: "No data map: this run has no training dynamics.",
      why:
        why("dynamics", "confidence_mean") ??
        "Record them with hem_core.Recorder while training, then score with --dynamics.",
    };
  }
  if (mode === "embedding" && !has("x", "y")) {
    const pending = why("map_pending");
    return {
      title: pending ? "No embedding map yet." : "No embedding map: this run has no projection.",
      why: pending ?? why("map", "projection", "embeddings", "neighbours") ?? "Score again with embeddings.",
    };
  }
  if (mode === "matrix" && missing?.matrix) return { title: "No confusion matrix.", why: missing.matrix };
  if (mode === "matrix" && !has("label", "predicted"))
    return { title: "No confusion matrix: there are no labels.", why: why("labels") ?? "" };
  return null;
}

/** Whether a kind of map is one to begin with: it can be drawn, or will be in a moment.
 *  @param {import("./bus.js").Bus} bus */
export function isComing(bus, missing, mode) {
  return !lack(bus, missing, mode) || (mode === "embedding" && Boolean(missing?.map_pending));
}
