import { readFileSync } from 'node:fs';

/** Linux counts a process's CPU time in hundredths of a second. */
const TICK_MS = 10;

/**
 * Starts measuring CPU time: of this process with all its threads, and of the server's. It hardly depends on what else the machine does.
 * @returns A function that answers with the milliseconds since; `server` is null where the server's time cannot be read.
 */
export function cpuClock(serverPid) {
  const own = process.cpuUsage();
  const server = readCpuMs(serverPid);
  return () => {
    const { user, system } = process.cpuUsage(own);
    return { worker: Math.round((user + system) / 1_000), server: server === null ? null : readCpuMs(serverPid) - server };
  };
}

/** CPU time of a process so far; null where it cannot be read. utime and stime, fields 14 and 15 of proc_pid_stat(5). */
export function readCpuMs(pid) {
  if (pid === null || process.platform !== 'linux') return null;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
