// Times in the format of the file, and round times for the axis. Without times, records are counted.

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December"];
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const offset = (data.time?.offset_minutes ?? 0) * MINUTE;
const two = (value) => String(value).padStart(2, "0");

function writeTime(x) {
  if (!data.time) return `record ${Math.round(x).toLocaleString("en")}`;
  const t = new Date(x + offset), hour = t.getUTCHours();
  const write = {
    Y: () => String(t.getUTCFullYear()).padStart(4, "0"), y: () => two(t.getUTCFullYear() % 100),
    m: () => two(t.getUTCMonth() + 1), d: () => two(t.getUTCDate()),
    e: () => String(t.getUTCDate()).padStart(2), b: () => MONTHS[t.getUTCMonth()].slice(0, 3),
    B: () => MONTHS[t.getUTCMonth()], H: () => two(hour), I: () => two(hour % 12 || 12),
    M: () => two(t.getUTCMinutes()), S: () => two(t.getUTCSeconds()), p: () => (hour < 12 ? "AM" : "PM"),
    T: () => `${write.H()}:${write.M()}:${write.S()}`, R: () => `${write.H()}:${write.M()}`,
    F: () => `${write.Y()}-${write.m()}-${write.d()}`, D: () => `${write.m()}/${write.d()}/${write.y()}`,
    f: (digits) => ((((x % SECOND) + SECOND) % SECOND) / SECOND).toFixed(9).slice(2, 2 + (digits || 6)),
    "%": () => "%",
  };
  return data.time.pattern.replace(/%(\d?)([A-Za-z%])/g, (_, digits, name) => write[name](Number(digits)));
}

// Positions of ticks and their texts; the first tick, and the first of each day, shows the date.
function placeTicks(start, end, wanted) {
  if (!data.time) {
    const marks = ticks(start, end, wanted);
    return marks.values.map((x) => ({ x, text: grouped(x, marks) }));
  }
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND,
    30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
    6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];
  const rough = (end - start) / wanted, step = steps.find((it) => it >= rough);
  if (!step) return monthTicks(start, end, rough);
  const marks = [];
  for (let x = Math.ceil((start + offset) / step) * step - offset; x <= end; x += step) {
    const t = new Date(x + offset), date = `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()].slice(0, 3)}`;
    const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
    const isMidnight = (x + offset) % DAY === 0;
    const text = step >= DAY || isMidnight ? date
      : step >= MINUTE ? clock
      : `${clock}:${two(t.getUTCSeconds())}` + (step < SECOND ? `.${String(t.getUTCMilliseconds()).padStart(3, "0")}` : "");
    marks.push({ x, text });
  }
  return marks;
}

function monthTicks(start, end, rough) {
  const months = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200].find((it) => it * 30 * DAY >= rough) ?? 12000;
  const first = new Date(start + offset), marks = [];
  for (let m = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months; ; m += months) {
    const x = Date.UTC(Math.floor(m / 12), m % 12) - offset;
    if (x > end) return marks;
    if (x < start) continue;
    const year = String(Math.floor(m / 12));
    marks.push({ x, text: m % 12 && months < 12 ? `${MONTHS[m % 12].slice(0, 3)} ${year}` : year });
  }
}

// What the axis counts, for the range in view.
function axisName(start, end) {
  if (!data.time) return "record";
  const day = (x) => writeDay(new Date(x + offset));
  const zone = offset ? ` (UTC${offset < 0 ? "−" : "+"}${Math.abs(offset) / HOUR})` : "";
  return (day(start) === day(end) ? day(start) : `${day(start)} to ${day(end)}`) + zone;
}
const writeDay = (t) => `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`;
