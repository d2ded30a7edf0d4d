import { tmpdir } from 'node:os';
import { startProcess } from './managed-process.ts';
import { membersOf } from './process-end.ts';
import type { ProcessRegistry } from './process-registry.ts';
import { scanProcesses } from './process-table.ts';
import { messageOf } from '../../domain/error-message.ts';

const DRILL_WITHIN_MS = 10_000;
const DRILL_GRACE_MS = 300;

/**
 * Ignores TERM, and has a child that ignores it as well, in a session of its own where a signal to the group does not reach.
 * Says `ready` when both run.
 */
const DRILL_PROGRAM = `
process.on('SIGTERM', () => {});
if (process.argv[1] === 'child') { process.stdout.write('ready'); setInterval(() => {}, 60000); } else {
  const { spawn } = require('node:child_process');
  spawn(process.execPath, ['-e', process.env.PACT_DRILL, 'child'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
  setInterval(() => {}, 60000);
}`;

/**
 * The emergency stop, drilled on a harmless process that does what it can to survive: it is started, registered and stopped
 * by the code that stops agents, and afterwards the process table must hold neither it nor its child. Never throws.
 */
export async function drillStop(registry: ProcessRegistry): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const marker = `drill/${process.pid}/${Math.round(performance.timeOrigin + performance.now())}`;
  let reportReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => (reportReady = resolve));
  const child = startProcess({
    argv: [process.execPath, '-e', DRILL_PROGRAM],
    cwd: tmpdir(),
    env: { PACT_DRILL: DRILL_PROGRAM },
    marker,
    killGraceMs: DRILL_GRACE_MS,
    stdin: 'ignore',
    registry,
    onOutput: () => reportReady(),
  });
  const target = { pgid: child.pid, startTime: null, marker, home: null };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, DRILL_WITHIN_MS, 'late')));
  try {
    const first = await Promise.race([ready, child.ended, late]);
    if (first === 'late') return { ok: false, detail: `The drill's process was not running after ${DRILL_WITHIN_MS} ms` };
    if (first !== undefined)
      return { ok: false, detail: first.kind === 'notStarted' ? first.message : 'The drill ended by itself' };
    const running = membersOf(target, await scanProcesses()).length;
    if (running < 2) return { ok: false, detail: `Expected 2 processes of the drill in the process table, found ${running}` };
    const stoppedAt = performance.now();
    child.stop();
    const end = await Promise.race([child.ended, late]);
    if (end === 'late') return { ok: false, detail: `The drill was not dead after ${DRILL_WITHIN_MS} ms` };
    const tookMs = Math.round(performance.now() - stoppedAt);
    const left = membersOf(target, await scanProcesses()).map(({ pid }) => pid);
    if (left.length > 0) return { ok: false, detail: `Still running after the stop: pids ${left.join(', ')}` };
    return {
      ok: true,
      detail: `${running} processes that ignore TERM, one outside the group, were dead ${tookMs} ms after the stop`,
    };
  } catch (error) {
    return { ok: false, detail: `The drill failed: ${messageOf(error)}` };
  } finally {
    clearTimeout(timer);
    child.stop();
  }
}
