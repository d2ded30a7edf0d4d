/** What the keeper is told, as JSON in its first argument. Its environment is the program's environment. */
export interface KeepOrder {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** Takes the program's output, at most 1 MiB, then moves to `<logPath>.1` and begins again. */
  readonly logPath: string;
  readonly graceMs: number;
  /** End the program when standard input closes, which it does when the parent dies, however it dies. */
  readonly diesWithParent: boolean;
  /** Folder to remove when the program was ended by order; after an end of its own its log is still wanted. */
  readonly scratch: string | null;
}

/** The keeper's only line on standard output. */
export type KeeperLine = { readonly pid: number } | { readonly error: string };

/**
 * The program of a small process that stands between us and a long-running program (a Temporal server, a build): a
 * SIGKILL of ours runs no handler, but it closes the pipe that the keeper reads. It leads its own session, so that a
 * Ctrl-C in the terminal does not reach the server before the worker has drained.
 *
 * This function is sent as text to `node -e`: it may use nothing from outside its own body.
 */
export function keepProgram(): void {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const fs = process.getBuiltinModule('node:fs');
  const order = JSON.parse(process.argv[1] ?? '') as KeepOrder;
  // For process lists, which would show this whole text.
  process.title = `pact keeper of ${order.command[0]}`;
  const [file, ...args] = order.command;
  let log = fs.openSync(order.logPath, 'w');
  let logged = 0;
  let isEnding = false;

  const record = (chunk: Buffer): void => {
    if (logged + chunk.length > 1_048_576) {
      fs.closeSync(log);
      fs.renameSync(order.logPath, `${order.logPath}.1`);
      log = fs.openSync(order.logPath, 'w');
      logged = 0;
    }
    logged += fs.writeSync(log, chunk);
  };
  const leave = (code: number): void => {
    if (order.scratch !== null && isEnding) fs.rmSync(order.scratch, { recursive: true, force: true, maxRetries: 3 });
    process.exit(code);
  };
  // A group of its own: the binary may be a launcher script whose child is the server.
  const child = spawn(file, args, { cwd: order.cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has ended.
    }
  };
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    signalGroup('SIGTERM');
    setTimeout(() => signalGroup('SIGKILL'), order.graceMs);
  };

  process.on('SIGINT', () => {}).on('SIGHUP', () => {});
  process.on('SIGTERM', end);
  process.stdout.on('error', () => {});
  if (order.diesWithParent) process.stdin.on('end', end).on('close', end).on('error', end).resume();
  child.stdout.on('data', record);
  child.stderr.on('data', record);
  child.on('spawn', () => process.stdout.write(`${JSON.stringify({ pid: child.pid })}\n`));
  child.on('error', (error) => {
    process.stdout.write(`${JSON.stringify({ error: error.message })}\n`, () => leave(127));
  });
  child.on('exit', (code, signal) => {
    signalGroup('SIGKILL');
    const status = code ?? (signal === 'SIGKILL' ? 137 : 143);
    child.on('close', () => leave(status));
    // Output that some stranger holds open must not keep us.
    setTimeout(() => leave(status), 1_000);
  });
}
