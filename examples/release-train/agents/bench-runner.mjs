// Measures one version of the library with that version's own benchmark program.
//
// The program keeps other runs off by a lock file. A lock may be a live run's or a dead one's, and a look at it cannot tell
// which. So the first attempt that meets one fails and names the holder, which leaves a live run its time. An attempt that was
// told of that holder (`feedback`) and meets the same one again, though the lease on the machine is ours alone, takes the lock
// for left behind.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError, perform } from './agent.mjs';
import { buildLibrary, cloneLibrary } from './library.mjs';
import { lastLines, manifestOf, run } from './programs.mjs';

/** EX_TEMPFAIL of sysexits.h: what the benchmark program ends with when somebody else holds the lock. */
const LOCKED = 75;

function lockHolder(folder) {
  try {
    return readFileSync(join(folder, 'bench/.lock'), 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

async function measure(job) {
  const { ref } = job.input;
  const step = job.steps(3);
  step(`clone the library at ${ref}`);
  const folder = await cloneLibrary(job, ref);
  step(`build ${ref}`);
  await buildLibrary(folder);
  step(`measure ${ref}`);
  const holder = lockHolder(folder);
  const isLeftBehind = holder !== null && job.request.feedback.some((reason) => reason.includes(holder));
  const options = isLeftBehind ? ['--break-lock', holder] : [];
  const { code, stdout, output } = await run([process.execPath, 'bench/run.mjs', ...options], {
    cwd: folder,
    accept: [0, LOCKED],
  });
  if (code === LOCKED) throw new AgentError(`bench/.lock: ${lastLines(output, 1)}`, { type: 'MachineLocked', retryable: true });
  const measured = { ref, version: manifestOf(folder).version, ...JSON.parse(stdout) };
  writeFileSync(job.delivers(job.input.deliverable), `${JSON.stringify(measured, null, 2)}\n`);
  const summary = measured.cases.map((each) => `${each.name}: ${(each.medianNs / 1e3).toFixed(1)} µs`).join('; ');
  if (!isLeftBehind) return summary;
  return { summary, notes: `broke the lock of ${holder}, seen by two attempts: bench/.lock is committed by mistake, remove it` };
}

await perform({ measure });
