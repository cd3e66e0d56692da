// @ts-check
// How many are looked for when somebody asks what is near, until they choose another number.

export const USUAL_K = 60;
