// Measures the built library (../dist) and prints JSON. One run at a time on a machine: bench/.lock names who measures.
//   node bench/run.mjs [--break-lock HOLDER]
// Exit status 75 (EX_TEMPFAIL of sysexits.h): somebody else holds the lock.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { findSlots, merge, subtract } from '../dist/index.js';

const LOCK = new URL('.lock', import.meta.url);
const INTERVALS = 400;
const SAMPLES = 31;
const SAMPLE_MS = 8;

/** A linear congruential generator (Numerical Recipes): the same intervals in every run and version. */
function randomIntervals(count) {
  let state = 42;
  const next = (limit) => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) % limit;
  return Array.from({ length: count }, () => {
    const start = next(count * 100);
    return { start, end: start + next(60) };
  });
}

/** Nanoseconds per call, `SAMPLES` times, after as long a warm-up. */
function measure(call) {
  let calls = 1;
  const timed = () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < calls; i += 1) call();
    return Number(process.hrtime.bigint() - begin);
  };
  while (timed() < SAMPLE_MS * 1e6) calls *= 2;
  return Array.from({ length: SAMPLES }, () => timed() / calls).toSorted((a, b) => a - b);
}

/** Median with its distribution-free 95 % interval: the 10th and 22nd of 31 order statistics (binomial, p = 1/2). */
function summary(name, sorted) {
  return {
    name,
    samples: sorted.length,
    medianNs: sorted[15],
    low95Ns: sorted[9],
    high95Ns: sorted[21],
  };
}

function takeLock(breakable) {
  const holder = `${hostname()}:${process.pid}`;
  try {
    writeFileSync(LOCK, `${holder}\n`, { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const other = readFileSync(LOCK, 'utf8').trim();
    if (other !== breakable) {
      console.error(`the machine is being measured on by ${other}: bench/.lock exists`);
      process.exit(75);
    }
    console.error(`breaking the lock of ${other}`);
    rmSync(LOCK);
    writeFileSync(LOCK, `${holder}\n`, { flag: 'wx' });
  }
  process.once('exit', () => rmSync(LOCK, { force: true }));
}

const { values } = parseArgs({ options: { 'break-lock': { type: 'string' } } });
takeLock(values['break-lock']);
const intervals = randomIntervals(INTERVALS);
const day = { start: 0, end: INTERVALS * 100 };
const cases = [
  summary(
    `merge ${INTERVALS} intervals`,
    measure(() => merge(intervals)),
  ),
  summary(
    `subtract ${INTERVALS} intervals`,
    measure(() => subtract(day, intervals)),
  ),
  summary(
    `find slots around ${INTERVALS} intervals`,
    measure(() => findSlots({ within: day, busy: intervals, length: 30 })),
  ),
];
console.log(JSON.stringify({ node: process.version, arch: process.arch, cases }, null, 2));
