// A row is one figure: {name, unit, measured, range, samples, required, limit, ratio, ok}. `required` is what the project promises (null: no
// promise yet), `limit` what this run fails on: the promise, or in a short run something generous, since it may meet a busy machine (null: nothing).
import { median, percentile } from './statistics.mjs';

/** @param {{name: string, unit: string, samples: number[], required: number|null, shortLimit?: number, at?: number}} figure */
export const atMost = (figure, isShort) => toRow(figure, isShort, (measured, limit) => measured <= limit);
export const atLeast = (figure, isShort) => toRow(figure, isShort, (measured, limit) => measured >= limit);

/** `at`: the percentile that counts; default: the median. */
function toRow({ name, unit, samples, required, shortLimit = required, at }, isShort, holds) {
  if (samples.length === 0) throw new Error(`no samples of "${name}"`);
  const measured = at === undefined ? median(samples) : percentile(samples, at);
  const limit = isShort ? shortLimit : required;
  return {
    name,
    unit,
    measured,
    range: [Math.min(...samples), Math.max(...samples)],
    count: samples.length,
    required,
    limit,
    ratio: required === null ? null : measured / required,
    ok: limit === null || holds(measured, limit),
  };
}

/** Stands for the figures of a section that threw. */
export const brokenRow = (section, error) => emptyRow(`${section}: could not be measured: ${error.message}`, false);

/** Stands for figures that need what is not installed. */
export const skippedRow = (what, reason) => emptyRow(`${what}: ${reason}`, true);

const emptyRow = (name, ok) => ({
  name,
  unit: '',
  measured: null,
  range: null,
  count: 0,
  required: null,
  limit: null,
  ratio: null,
  ok,
});
