// Numbers as text, and round numbers for axes.

function grouped(value, { step, decimals }) {
  const text = step < 1e-6 || step >= 1e9
    ? value.toExponential()
    : value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return text.replaceAll("-", "−");
}

// Five significant digits, or the given number; the whole part is never shortened.
function reading(value, wanted = 5) {
  if (value == null) return "missing";
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (digits < -6 || digits >= 12) return value.toExponential(wanted - 1).replaceAll("-", "−");
  return value.toLocaleString("en", { maximumFractionDigits: Math.max(wanted - 1 - digits, 0) })
    .replace("-", "−");
}

// Round steps of 1, 2 or 5 times a power of ten.
function ticks(low, high, wanted) {
  const rough = (high - low) / Math.max(wanted, 1);
  if (!(rough > 0)) return { values: [low], step: 1, decimals: 0 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const decimals = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 12);
  const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first + 1;
  // Adding 0 turns -0, which would be written with its sign, into 0.
  const values = Array.from({ length: Math.min(count, 1000) }, (_, k) => (first + k) * step + 0);
  return { values, step, decimals };
}
