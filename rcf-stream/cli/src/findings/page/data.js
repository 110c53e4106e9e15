// The findings, and the curves of each key, unpacked when they are shown.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const one = data.keys.length === 1;
let bytes = new Uint8Array();

async function load() {
  const text = byId("curves").textContent.trim();
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  bytes = new Uint8Array(await new Response(stream).arrayBuffer());
}

// Reads the format of `pack.rs`, from one offset on.
function reader(at) {
  const number = () => {
    let value = 0, unit = 1, byte;
    do { byte = bytes[at++]; value += (byte & 127) * unit; unit *= 128; } while (byte & 128);
    return value;
  };
  const unfold = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);
  const runs = (length) => {
    const values = new Float64Array(length);
    let i = 0;
    for (let k = number(); k > 0; k--) {
      const value = unfold(number());
      for (let n = number(); n > 0; n--) values[i++] = value;
    }
    return values;
  };
  const track = (length) => {
    const values = new Float64Array(length);
    let i = 0;
    for (let block = number(); block; block = number()) {
      const power = unfold(number()), unit = 10 ** Math.abs(power);
      let whole = 0;
      for (; block; block--) {
        const step = number();
        if (step) whole += unfold(step - 1);
        values[i++] = !step ? NaN : power < 0 ? whole / unit : whole * unit;
      }
    }
    return values;
  };
  return { number, runs, track };
}

const unpacked = new Map();
function curves(key) {
  if (!unpacked.has(key)) {
    const { at } = data.keys[key];
    unpacked.set(key, at == null ? null : unpack(reader(at), data.keys[key].records));
  }
  return unpacked.get(key);
}

function unpack(from, records) {
  const length = from.number();
  const counts = from.runs(length), x = from.runs(length), record = new Float64Array(length);
  for (let i = 0, r = 0, at = 0; i < length; i++) {
    at += x[i];
    x[i] = at * data.unit;
    record[i] = r;
    r += counts[i];
  }
  const columns = data.columns.map(() => {
    const low = from.track(length);
    const high = from.number() ? from.track(length) : low;
    const range = [from.track(length), from.track(length)];
    const fine = from.number() ? from.track(records) : null;
    return { low, high, range, fine };
  });
  const [score, threshold, evidence] = [0, 1, 2].map(() => from.track(length));
  // Records within a bucket are evenly spaced.
  let single = x;
  if (columns.some((column) => column.fine)) {
    single = new Float64Array(records);
    for (let i = 0; i < length; i++) {
      const gap = i + 1 < length ? (x[i + 1] - x[i]) / counts[i] : (x[i] - x[i - 1]) / counts[i - 1];
      for (let k = 0; k < counts[i]; k++) single[record[i] + k] = x[i] + k * gap;
    }
  }
  return { length, records, counts, record, x, single, columns, score, threshold, evidence };
}

// First index whose position is not below this.
function lowerBound(places, value) {
  let low = 0, high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

// Index of the position nearest to this.
function nearest(places, value) {
  const i = Math.min(lowerBound(places, value), places.length - 1);
  return i > 0 && value - places[i - 1] < places[i] - value ? i - 1 : i;
}

// The point that holds a record.
const holder = (all, record) => Math.max(lowerBound(all.record, record + 1) - 1, 0);

// A value with the decimals of its column, or fewer if it has many digits. What is rounded to 0 has no sign.
function valueText(value, column, more = 0) {
  if (value == null || Number.isNaN(value)) return "missing";
  const size = Math.abs(value), digits = size ? Math.floor(Math.log10(size)) + 1 : 1;
  if (digits > 15 || (size && digits < -6)) return reading(value);
  const decimals = Math.min(data.columns[column].decimals + more, Math.max(7 - digits, 0));
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    .replace(/^-(?=[0.]+$)/, "").replace("-", "−");
}
const rangeText = ([low, high], column) =>
  Number.isFinite(low) ? `${valueText(low, column)} … ${valueText(high, column)}` : "not known yet";
