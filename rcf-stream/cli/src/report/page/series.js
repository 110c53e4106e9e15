// The series embedded in this page, and how positions on the axis map to it.

const data = JSON.parse(document.getElementById("series").textContent);
const { panels, marks } = data;
const xs = data.x.values
  ?? Array.from({ length: data.x.count }, (_, i) => data.x.start + i * data.x.step);
const last = xs.length - 1;
// The mean distance of two records.
const spacing = Math.max((xs[last] - xs[0]) / Math.max(last, 1), Number.MIN_VALUE);

// First index whose x is not below `value`.
function lowerBound(value) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

// The record nearest to a position.
function nearest(value) {
  const i = Math.min(lowerBound(value), last);
  return i > 0 && value - xs[i - 1] < xs[i] - value ? i - 1 : i;
}
