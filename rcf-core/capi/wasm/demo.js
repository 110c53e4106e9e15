// The sine wave of the demo: 50 records a cycle, and a drop of 30 records.

export const RECORDS = 2_000;
export const DROP = 1_400;

/** Of record t, in thousandths, so that every engine's sine gives the same bits. */
export function value(t) {
  const wave = Math.round(1000 * Math.sin((2 * Math.PI * t) / 50)) / 1000;
  return t >= DROP && t < DROP + 30 ? wave - 1.5 : wave;
}
