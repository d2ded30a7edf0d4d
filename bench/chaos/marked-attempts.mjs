import { readdirSync, readFileSync } from 'node:fs';

/**
 * Living processes of an execution's attempts, by `PACT_ATTEMPT` in the environment they were started with.
 * @returns {{pid: number, marker: string}[]}
 */
export function markedAttempts(executionId) {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readOr(`/proc/${name}/stat`);
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    if (state === '' || state === 'Z' || state === 'X') return [];
    const marker = /(?:^|\0)PACT_ATTEMPT=([^\0]*)/.exec(readOr(`/proc/${name}/environ`))?.[1];
    return marker?.startsWith(`${executionId}/`) ? [{ pid: Number(name), marker }] : [];
  });
}

/** Empty for a process that has ended meanwhile. */
function readOr(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
