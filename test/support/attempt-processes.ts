import { readdirSync, readFileSync } from 'node:fs';

export interface AttemptProcess {
  readonly pid: number;
  /** `<execution>/<task>/<attempt>`, from its environment. */
  readonly marker: string;
}

/**
 * Living processes of attempts, known by `PACT_ATTEMPT` in the environment they were started with; zombies are dead. Reads /proc
 * by itself: what the product believes to be dead is what is tested here.
 */
export function attemptProcesses(executionId: string): AttemptProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || !isRunning(name)) return [];
    const marker = /(?:^|\0)PACT_ATTEMPT=([^\0]*)/.exec(readOr(`/proc/${name}/environ`))?.[1];
    return marker?.startsWith(`${executionId}/`) ? [{ pid: Number(name), marker }] : [];
  });
}

function isRunning(pid: string): boolean {
  const stat = readOr(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== '' && state !== 'Z' && state !== 'X';
}

/** Empty for a process that has ended meanwhile or is not ours to read. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
