/** One observation: a number, or one number for each input. */
export type Observation = number | ArrayLike<number>;

/** Observations: rows, or one flat array of them. */
export type Observations = readonly Observation[] | Float64Array;

/** Parameters by the names of docs/guide/parameters.md; names with numbers are arrays. */
export interface Parameters {
  [name: string]: unknown;
  input_dimensions?: number;
  shingle_size?: number;
  number_of_trees?: number;
  sample_size?: number;
  time_decay?: number;
  seed?: number;
}

/** The result of a detector for an observation. */
export interface Detection {
  /** Higher is more anomalous; 0 before the forest is ready. */
  score: number;
  /** 0 unless anomalous; otherwise how far beyond the boundary, up to 1. */
  grade: number;
  severity: number;
  confidence: number;
  evidence: number;
  /** The share of the stream's observations so far with as much evidence; 1 during the warm-up. */
  pValue: number;
  threshold: number;
  syntheticFraction: number;
  /** Of a candidate: the value of `input` that deviates; otherwise NaN. */
  value: number;
  /** Of a candidate: the expected value in its place; otherwise NaN. */
  expected: number;
  input: number;
  warmUp: number;
  imputed: number;
  /** 0 is the newest observation, −k the one k before it. */
  relativeIndex: number;
  /** 1 above what was expected, −1 below; 0 if there is no candidate. */
  direction: number;
  /** Why a candidate is not reported. */
  suppressed:
    | null | "warm_up" | "near_expected" | "noise_floor" | "imputed" | "explained"
    | "already_alerted" | "drift" | "rule" | "marked_normal" | "frequent"
    | "other";
  isAnomaly: boolean;
  isCandidate: boolean;
  /** Of a candidate: whether it is about a stretch of observations instead of the values of one. */
  isStretch: boolean;
  /** Whether the forest passes the observation by, since learning is suspended. */
  unlearned: boolean;
}

/** A refusal by the library: the model is unchanged. */
export class RcfError extends Error {
  readonly status: number;
}

interface Model {
  /** The whole model as bytes, which every interface of rcf loads. */
  save(): Uint8Array;
  /** Frees the memory; the model can no longer be used. */
  free(): void;
}

export interface Forest extends Model {
  process(values: Observation): number;
  score(values: Observation): number;
  processAll(rows: Observations): Float64Array;
  scoreAll(rows: Observations): Float64Array;
}

export interface Detector extends Model {
  process(values: Observation, timestamp?: number): Detection;
  processAll(rows: Observations): Detection[];
  /** Marks a candidate as normal: similar events are suppressed. Returns the number of the mark. */
  markNormal(candidate: Detection): number;
  /** Removes a mark: similar events are reported again. */
  unmarkNormal(mark: number): void;
}

/** Turns categories into numbers that a detector can judge: how surprising each is. */
export interface CategoryEncoder extends Model {
  /** The surprise of a category given those before it, −ln of its share: 0 or more. Learns it. */
  process(category: string): number;
  /** The same without learning it; an unknown category has that of a new one. */
  surprise(category: string): number;
}

/**
 * The memory of an encoder: the largest number of categories (1,024) and the decay per observation (0.0001).
 */
export interface EncoderParameters {
  capacity?: number;
  time_decay?: number;
}

interface Class<M, P = Parameters> {
  new (parameters?: P): M;
  load(bytes: Uint8Array): M;
}

export interface Rcf {
  readonly version: string;
  readonly Forest: Class<Forest>;
  readonly Detector: Class<Detector>;
  readonly CategoryEncoder: Class<CategoryEncoder, EncoderParameters>;
}

/** Compiles rcf.wasm from its bytes or from a Response. */
export function load(source: BufferSource | Response | Promise<BufferSource | Response>): Promise<Rcf>;
