import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Living processes of an execution's attempts, known by `PACT_ATTEMPT=<execution>/…` in their environment; read from /proc here
 * and not by the product, which is what is being measured. A zombie is dead: nothing of it runs.
 * @returns [{pid, isReady}]; ready: it has written the file `ready` into its working directory.
 */
export function findMarkedProcesses(executionId) {
  const marker = Buffer.from(`PACT_ATTEMPT=${executionId}/`);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || !isOurs(name, marker) || isZombie(name)) return [];
    return [{ pid: Number(name), isReady: existsSync(`/proc/${name}/cwd/ready`) }];
  });
}

const isOurs = (pid, marker) => read(`/proc/${pid}/environ`)?.includes(marker) ?? false;

/** The state follows the name in parentheses, which may hold anything. */
function isZombie(pid) {
  const stat = read(`/proc/${pid}/stat`)?.toString('latin1');
  return stat === undefined || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** undefined: the process has ended meanwhile. */
function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return undefined;
    throw error;
  }
}
