// Forests and detectors over rcf.wasm, the C interface of rcf compiled for WebAssembly.
//
// Each model is in the memory of the module: `free()` releases it; an unreachable one is freed by the garbage
// collector at some time. A model that threw an RcfError is unchanged by the call.

const MESSAGE = 400;

/** A refusal by the library; `status` is the number of the rcf_status in rcf.h. */
export class RcfError extends Error {
  constructor(status, message) {
    super(message);
    this.name = "RcfError";
    this.status = status;
  }
}

const SUPPRESSED = [
  null, "warm_up", "near_expected", "noise_floor", "imputed", "explained", "already_alerted", "drift",
  "rule", "marked_normal", "frequent",
];

// The layout of rcf_detection for 32 bits: doubles first, then integers, then flags.
const DOUBLES = [
  "score", "grade", "severity", "confidence", "evidence", "pValue", "threshold",
  "syntheticFraction", "value", "expected",
];
const INTEGERS = ["input", "warmUp", "imputed", "relativeIndex", "direction", "suppressed"];
const FLAGS = ["isAnomaly", "isCandidate", "isStretch", "unlearned"];
const DETECTION = 8 * DOUBLES.length + 4 * INTEGERS.length + 8;

function detection(view, at) {
  const found = {};
  DOUBLES.forEach((name, i) => (found[name] = view.getFloat64(at + 8 * i, true)));
  const integers = at + 8 * DOUBLES.length;
  INTEGERS.forEach((name, i) => (found[name] = view.getInt32(integers + 4 * i, true)));
  const flags = integers + 4 * INTEGERS.length;
  FLAGS.forEach((name, i) => (found[name] = view.getUint8(flags + i) !== 0));
  found.suppressed = found.suppressed === 0 ? null : (SUPPRESSED[found.suppressed] ?? "other");
  return found;
}

// The other direction, for the parts of a mark.
function writeDetection(view, at, found) {
  DOUBLES.forEach((name, i) => view.setFloat64(at + 8 * i, found[name], true));
  const integers = at + 8 * DOUBLES.length;
  view.setInt32(integers + 4 * INTEGERS.indexOf("input"), found.input, true);
  const flags = integers + 4 * INTEGERS.length;
  FLAGS.forEach((name, i) => view.setUint8(flags + i, found[name] ? 1 : 0));
}

/** Compiles the module from its bytes, a Response, or a promise of either. */
export async function load(source) {
  const given = await source;
  const bytes = typeof Response !== "undefined" && given instanceof Response
    ? await given.arrayBuffer()
    : given;
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return new Rcf(instance.exports);
}

class Rcf {
  constructor(c) {
    const memory = () => c.memory.buffer;

    // Runs a function with space for its arguments, which is freed afterwards.
    function scoped(run) {
      const places = [];
      const allocate = (size) => {
        const place = c.rcf_allocate(size);
        if (size > 0 && place === 0) throw new RangeError("rcf: out of memory");
        places.push([place, size]);
        return place;
      };
      const arguments_ = {
        allocate,
        bytes(bytes) {
          const place = allocate(bytes.length);
          new Uint8Array(memory(), place, bytes.length).set(bytes);
          return place;
        },
        doubles(values) {
          const place = allocate(8 * values.length);
          new Float64Array(memory(), place, values.length).set(values);
          return place;
        },
      };
      try {
        return run(arguments_);
      } finally {
        for (const [place, size] of places) c.rcf_deallocate(place, size);
      }
    }

    // Calls a function that takes a message at the end, and throws its refusal.
    function call(allocate, name, ...values) {
      const message = allocate(MESSAGE);
      const status = c[name](...values, message, MESSAGE);
      if (status !== 0) {
        const text = new Uint8Array(memory(), message, MESSAGE);
        throw new RcfError(status, new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
      }
    }

    const pointer = (place) => new DataView(memory()).getUint32(place, true);

    function flat(rows, width) {
      if (rows instanceof Float64Array) return rows;
      const values = new Float64Array(rows.length * width);
      rows.forEach((row, i) => {
        const given = typeof row === "number" ? [row] : row;
        if (given.length !== width) {
          throw new RcfError(2, `row ${i}: expected ${width} values, got ${given.length}`);
        }
        values.set(given, i * width);
      });
      return values;
    }

    const list = (values) => (typeof values === "number" ? [values] : values);

    // The base of all models; `kind` is in the names of their functions.
    function model(kind) {
      const registry = new FinalizationRegistry((handle) => c[`rcf_${kind}_free`](handle));
      const make = (run) =>
        scoped((given) => {
          const place = given.allocate(4);
          run(given, place);
          return pointer(place);
        });
      return class {
        #handle;

        constructor(parameters = {}, handle = undefined) {
          this.#handle = handle ?? make((given, place) => {
            const text = new TextEncoder().encode(`${JSON.stringify(parameters)}\0`);
            call(given.allocate, `rcf_${kind}_new`, given.bytes(text), place);
          });
          registry.register(this, this.#handle, this);
        }

        /** Restores what `save`, or another interface of rcf, has saved. */
        static load(bytes) {
          const handle = make((given, place) => {
            call(given.allocate, `rcf_${kind}_load`, given.bytes(bytes), bytes.length, place);
          });
          return new this({}, handle);
        }

        get handle() {
          if (this.#handle === 0) throw new Error(`rcf: the ${kind.replace("_", " ")} was freed`);
          return this.#handle;
        }

        /** The whole model as bytes. */
        save() {
          return scoped((given) => {
            const [bytes, length] = [given.allocate(4), given.allocate(4)];
            call(given.allocate, `rcf_${kind}_save`, this.handle, bytes, length);
            const saved = new Uint8Array(memory(), pointer(bytes), pointer(length)).slice();
            c.rcf_bytes_free(pointer(bytes), pointer(length));
            return saved;
          });
        }

        /** Frees the model; it can no longer be used. */
        free() {
          registry.unregister(this);
          if (this.#handle !== 0) c[`rcf_${kind}_free`](this.#handle);
          this.#handle = 0;
        }
      };
    }

    this.version = (() => {
      const text = new Uint8Array(memory(), c.rcf_version());
      return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
    })();

    this.Forest = class Forest extends model("forest") {
      #one(name, values) {
        return scoped((given) => {
          const row = list(values);
          const score = given.allocate(8);
          call(given.allocate, name, this.handle, given.doubles(row), row.length, score);
          return new DataView(memory()).getFloat64(score, true);
        });
      }

      #all(name, rows) {
        return scoped((given) => {
          const width = c.rcf_forest_values_per_call(this.handle);
          const values = flat(rows, width);
          const count = Math.floor(values.length / width);
          const [place, scores] = [given.doubles(values), given.allocate(8 * count)];
          call(given.allocate, name, this.handle, place, count, width, scores);
          return new Float64Array(memory(), scores, count).slice();
        });
      }

      /** Scores an observation, then learns it. Higher is more anomalous: about 1 is usual. */
      process(values) {
        return this.#one("rcf_forest_process", values);
      }

      /** Scores an observation as if it came next, and changes nothing. */
      score(values) {
        return this.#one("rcf_forest_score", values);
      }

      /** `process` for each row. On an error no row has been taken. */
      processAll(rows) {
        return this.#all("rcf_forest_process_array", rows);
      }

      /** `score` for each row, each as if it came next. */
      scoreAll(rows) {
        return this.#all("rcf_forest_score_array", rows);
      }
    };

    this.Detector = class Detector extends model("detector") {
      /** Judges an observation, then learns from it. NaN is a missing value. */
      process(values, timestamp = undefined) {
        return scoped((given) => {
          const row = list(values);
          const found = given.allocate(DETECTION);
          const place = given.doubles(row);
          if (timestamp === undefined) {
            call(given.allocate, "rcf_detector_process", this.handle, place, row.length, 1, found);
          } else {
            const name = "rcf_detector_process_at";
            call(given.allocate, name, this.handle, timestamp, place, row.length, 1, found);
          }
          return detection(new DataView(memory()), found);
        });
      }

      /** `process` for each row. On an error no row has been taken. */
      processAll(rows) {
        return scoped((given) => {
          const width = c.rcf_detector_input_dimensions(this.handle);
          const values = flat(rows, width);
          const count = Math.floor(values.length / width);
          const [place, found] = [given.doubles(values), given.allocate(DETECTION * count)];
          const name = "rcf_detector_process_array";
          call(given.allocate, name, this.handle, 0, place, count, width, 1, found);
          const view = new DataView(memory());
          return Array.from({ length: count }, (_, row) => detection(view, found + DETECTION * row));
        });
      }

      /** Marks a candidate as normal: similar events are suppressed. Returns the number of the mark. */
      markNormal(candidate) {
        return scoped((given) => {
          const [found, mark] = [given.allocate(DETECTION), given.allocate(8)];
          new Uint8Array(memory(), found, DETECTION).fill(0);
          writeDetection(new DataView(memory()), found, candidate);
          call(given.allocate, "rcf_detector_mark_normal", this.handle, found, mark);
          return Number(new DataView(memory()).getBigUint64(mark, true));
        });
      }

      /** Removes a mark: similar events are reported again. */
      unmarkNormal(mark) {
        scoped((given) => {
          call(given.allocate, "rcf_detector_unmark_normal", this.handle, BigInt(mark));
        });
      }
    };

    this.CategoryEncoder = class CategoryEncoder extends model("category_encoder") {
      #surprise(name, category) {
        return scoped((given) => {
          const bytes = new TextEncoder().encode(category);
          const surprise = given.allocate(8);
          call(given.allocate, name, this.handle, given.bytes(bytes), bytes.length, surprise);
          return new DataView(memory()).getFloat64(surprise, true);
        });
      }

      /** The surprise of a category given those before it, −ln of its share; learns it. */
      process(category) {
        return this.#surprise("rcf_category_encoder_process", category);
      }

      /** The same without learning it; an unknown category has that of a new one. */
      surprise(category) {
        return this.#surprise("rcf_category_encoder_surprise", category);
      }
    };
  }
}
