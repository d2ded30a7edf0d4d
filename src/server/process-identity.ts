import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Names one process and no later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the words of the system; null where the system does not tell. */
  readonly start: string | null;
}

/** Identity of a process that is alive now; null if there is none. A zombie counts as gone. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  if (process.platform !== 'linux') return { pid, start: startByPs(pid) };
  try {
    // proc(5): after the parenthesised name, field 3 is the state and field 22 the start in ticks since boot.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, start: `${boot}/${fields[19]}` };
  } catch {
    return null;
  }
}

/** Whether this very process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== null && now.start === identity.start;
}

/** Waits until the process is gone; false if it outlives the limit. */
export async function waitUntilGone(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

/** TERM, then KILL after the grace, and the wait for its end. Never signals a process of another identity. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  signalIfAlive(identity, 'SIGTERM');
  if (await waitUntilGone(identity, graceMs)) return true;
  signalIfAlive(identity, 'SIGKILL');
  return waitUntilGone(identity, 5_000);
}

function signalIfAlive(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the two lines, or is not ours to signal: the wait that follows tells which.
  }
}

function startByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim() || null;
  } catch {
    return null;
  }
}
