import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const product = fileURLToPath(new URL('../dist/worker.js', import.meta.url));

/** The product's worker as a process of its own. */
export const spawnWorker = (server, configPath) => spawnServing(server, [product, configPath]);

/**
 * A worker program as a process of its own.
 * @returns `serving`: resolves with the milliseconds from the spawn to the line in which it says that it serves its queues; rejects
 * when the process ends before. `end`: ends it and waits for that, `kill`: with SIGKILL.
 */
export function spawnServing(server, argv, more = {}) {
  const own = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace, PACT_LOG: 'error' };
  const startedAt = performance.now();
  const child = spawn(process.execPath, argv, { env: { ...process.env, ...own, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr = `${stderr}${chunk}`.slice(-4_000)));
  const serving = new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (/serves the task queues/.test(stdout)) resolve(performance.now() - startedAt);
    });
    exited.then(
      ([code, signal]) => reject(new Error(`The worker ended with ${signal ?? code} before it served: ${stderr || stdout}`)),
      reject,
    );
  });
  const endBy = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return { startedAt, pid: child.pid, serving, end: () => endBy('SIGTERM'), kill: () => endBy('SIGKILL') };
}
