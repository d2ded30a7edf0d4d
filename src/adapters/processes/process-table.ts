import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The environment variable by which the processes of an attempt are known, wherever they went. */
export const MARKER_VARIABLE = 'PACT_ATTEMPT';

/** One process that is alive; zombies are dead here, since nothing of them runs. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot (Linux) or Unix seconds (elsewhere): tells the owner of a pid from an earlier one. */
  readonly startTime: number;
  /** Value of `PACT_ATTEMPT` in its environment as it was at its start; null: none, or not ours to read. */
  readonly marker: string | null;
  /** Value of `HOME` there. */
  readonly home: string | null;
}

/** Burst protection: a table is at most this old when the next one is read, so 100 ending agents share a few. */
const MIN_SCAN_INTERVAL_MS = 20;

let nextScan: Promise<readonly ProcessEntry[]> | null = null;
let lastScanAt = -Infinity;

/** All living processes, read after this call. Calls that come together share one reading. */
export function scanProcesses(): Promise<readonly ProcessEntry[]> {
  if (nextScan !== null) return nextScan;
  const waitMs = Math.max(0, lastScanAt + MIN_SCAN_INTERVAL_MS - performance.now());
  nextScan = new Promise<void>((resolve) => (waitMs === 0 ? setImmediate(resolve) : setTimeout(resolve, waitMs)))
    .then(() => {
      nextScan = null;
      return hasProc() ? scanProc() : scanWithPs();
    })
    .finally(() => {
      lastScanAt = performance.now();
    });
  return nextScan;
}

/** Start time of a process in the unit of `ProcessEntry`, also of a zombie; null: no such process, or no /proc to ask. */
export function readStartTime(pid: number): number | null {
  return readStat(pid)?.startTime ?? null;
}

/** Random id of this boot of the kernel, which tells start times of different boots apart; null where the system has none. */
export function readBootId(): string | null {
  if (process.platform !== 'darwin') return readProcFile('/proc/sys/kernel/random/boot_id')?.toString('latin1').trim() ?? null;
  try {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'latin1' }).trim() || null;
  } catch {
    return null;
  }
}

export const hasProc = (): boolean => existsSync('/proc/self/stat');

type Stat = Omit<ProcessEntry, keyof Signs> & { readonly state: string };

/** What the environment of a process tells of it. */
type Signs = Pick<ProcessEntry, 'marker' | 'home'>;

/**
 * Environments by pid. A process keeps the marker that it was forked with, and a marker never comes to a process later, so
 * reading it once per process is enough; the start time makes sure that it is the same process.
 */
let knownSigns: ReadonlyMap<number, Signs & { readonly startTime: number }> = new Map();

function scanProc(): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  const signs = new Map<number, Signs & { startTime: number }>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat === null || stat.state === 'Z' || stat.state === 'X') continue;
    const { parent, group, session, startTime } = stat;
    const known = knownSigns.get(pid);
    const { marker, home } = known?.startTime === startTime ? known : readSigns(pid);
    signs.set(pid, { startTime, marker, home });
    entries.push({ pid, parent, group, session, startTime, marker, home });
  }
  knownSigns = signs;
  return entries;
}

/** Fields of proc_pid_stat(5), counted from the last `)`: the name before it may hold spaces and parentheses. */
function readStat(pid: number): Stat | null {
  const text = readProcFile(`/proc/${pid}/stat`)?.toString('latin1');
  if (text === undefined) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group, session] = fields;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session), startTime: Number(fields[19]) };
}

function readSigns(pid: number): Signs {
  const environ = readProcFile(`/proc/${pid}/environ`);
  if (environ === null) return { marker: null, home: null };
  return { marker: findVariable(environ, MARKER_VARIABLE), home: findVariable(environ, 'HOME') };
}

function findVariable(environ: Buffer, name: string): string | null {
  const key = Buffer.from(`${name}=`);
  for (let at = environ.indexOf(key); at !== -1; at = environ.indexOf(key, at + 1)) {
    if (at !== 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString('utf8', at + key.length, end === -1 ? environ.length : end);
  }
  return null;
}

/**
 * null: the process has ended meanwhile, or belongs to somebody else. Anything else (too many open files) is thrown: a
 * process that cannot be looked at is not dead.
 */
function readProcFile(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(code)) return null;
    throw error;
  }
}

const run = promisify(execFile);

/**
 * Where there is no /proc (macOS). `ps -E` shows the environment after the command; a marker with a space in it is cut
 * there and does not match, so such an attempt is known by its group, session and parents only.
 */
async function scanWithPs(): Promise<readonly ProcessEntry[]> {
  const options = { maxBuffer: 64 * 1024 * 1024, env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } };
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,sess=,stat=,lstart='], options);
  const environments =
    process.platform === 'darwin' ? (await run('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], options)).stdout : '';
  return parsePs(stdout, environments);
}

/** Pure part of the fallback: the two outputs of `ps` → processes that are alive. */
export function parsePs(table: string, environments: string): readonly ProcessEntry[] {
  const signs = new Map<number, Signs>();
  for (const line of environments.split('\n')) {
    const pid = /^\s*(\d+)\s/.exec(line)?.[1];
    const valueOf = (name: string): string | null => new RegExp(`\\s${name}=(\\S+)`).exec(line)?.[1] ?? null;
    if (pid !== undefined) signs.set(Number(pid), { marker: valueOf(MARKER_VARIABLE), home: valueOf('HOME') });
  }
  return table.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.+)$/.exec(line);
    if (found === null || found[5]?.startsWith('Z')) return [];
    const [pid, parent, group] = [Number(found[1]), Number(found[2]), Number(found[3])];
    // macOS prints a session as a pointer: not a number that means anything, so the group stands in.
    const session = /^\d+$/.test(found[4] ?? '') && found[4] !== '0' ? Number(found[4]) : group;
    const startTime = Math.floor(Date.parse(found[6] ?? '') / 1000);
    return [{ pid, parent, group, session, startTime, ...(signs.get(pid) ?? { marker: null, home: null }) }];
  });
}
