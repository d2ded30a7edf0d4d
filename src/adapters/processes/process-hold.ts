import { membersOf, signalAll, type ProcessTarget } from './process-end.ts';
import { scanProcesses } from './process-table.ts';

/** Pauses every process of an attempt, and lets it go on. */
export interface ProcessHold {
  pause(): void;
  resume(): void;
}

/**
 * The group is signalled at once, what has left it as soon as the processes of the host have been listed: twice, since one that forks
 * meanwhile hides its child once. The last call counts, in whatever order their lists come.
 * @param isOver Nothing is signalled any more: it has ended, or is being ended.
 */
export function createProcessHold(target: ProcessTarget, isOver: () => boolean): ProcessHold {
  let calls = 0;
  const signal = async (name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    calls += 1;
    const call = calls;
    if (isOver() || target.pgid === null) return;
    signalGroup(target.pgid, name);
    for (let scans = 0; scans < 2; scans += 1) {
      const table = await scanProcesses().catch(() => []);
      if (isOver() || call !== calls) return;
      signalAll(target, membersOf(target, table), name);
    }
  };
  return { pause: () => void signal('SIGSTOP'), resume: () => void signal('SIGCONT') };
}

/** ESRCH: it has ended by itself. */
function signalGroup(pgid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(-pgid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
