import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lowerBoundMs } from './graph.mjs';

const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 20_000;

/** Starts a competitor in a process of its own (host.mjs) and waits until it is ready. */
export async function startCompetitor(name, file, settings) {
  const child = fork(fileURLToPath(new URL('host.mjs', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--no-warnings'],
  });
  const exited = once(child, 'exit');
  const tell = async (message, limitMs) => {
    const signal = AbortSignal.timeout(limitMs);
    const died = exited.then(([code, by]) => ({ error: `its process ended with ${by ?? code}` }));
    const answered = once(child, 'message', { signal }).then(
      ([answer]) => answer,
      () => ({ error: `no answer within ${limitMs / 1_000} s` }),
    );
    child.send(message);
    const answer = await Promise.race([answered, died]);
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
    return answer;
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    await tell({ end: true }, END_LIMIT_MS).catch(() => child.kill('SIGKILL'));
    await exited;
  };
  try {
    await tell({ module: new URL(file, import.meta.url).href, settings }, START_LIMIT_MS);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    name,
    pid: child.pid,
    /** Runs `{tasks, slots}`; see `finish` in watch.mjs for the answer. A competitor that stands still fails its run, not the benchmark. */
    run: async (graph) => (await tell({ graph }, 60_000 + 3 * Math.ceil(lowerBoundMs(graph.tasks, graph.slots)))).result,
    stop,
  };
}
