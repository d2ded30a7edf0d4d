import type { ExecutionOutcome } from '../client/outcome.ts';
import type { PactClient } from '../client/pact-client.ts';
import type { LoadedPlan } from '../config.ts';
import type { Config } from '../domain/config/config.ts';
import type { ConnectionFlags } from './connection-options.ts';
import { targetFor } from './connection-options.ts';
import type { Desk, DeskContext } from './desk.ts';
import { createAppointedDesk } from './desk.appointed.ts';
import { createInteractiveDesk } from './desk.interactive.ts';
import { createPrintedDesk } from './desk.printed.ts';
import { announceEnd } from './end.ts';
import { openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { followExecution } from './follow.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { openLog } from './log.ts';
import { toStart } from './plan-start.ts';
import { chooseMode, createProgressView } from './progress-view.ts';
import type { ProgressMode } from './progress-view.ts';
import { comeBackCommands } from './render/next-commands.ts';
import type { CommandTarget } from './render/next-commands.ts';
import type { Terminal } from './terminal.ts';
import { workflowUrl } from './workflow-url.ts';

export interface RunPlanOptions {
  readonly terminal: Terminal;
  readonly flags: ConnectionFlags & { readonly json?: boolean; readonly approveAs?: string; readonly id?: string };
  readonly plan: LoadedPlan;
  /**
   * Called when a worker has to be started here, or a large plan to be put where workers find it. @throws CliError when there
   * is no config
   */
  readonly config: () => Config;
  readonly taskQueue: string;
  /** Folder of `.pact/` with the server's database. */
  readonly baseDir: string;
  /** `always` starts a worker even if another one polls the queue already. */
  readonly worker: 'always' | 'whenNone';
  /** Command that goes on with an execution that was interrupted here: then it does so instead of starting another one. */
  readonly goesOnWith?: string;
  /** After an execution that completed. */
  readonly onCompleted?: (outcome: ExecutionOutcome) => void;
}

/** Finds or starts what is needed, starts the plan, deals with its people, shows it to its end and sets the exit code. */
export async function runPlan(options: RunPlanOptions): Promise<void> {
  const { terminal } = options;
  const interrupt = listenForInterrupt(process);
  const log = await openLog(terminal);
  try {
    const engine = await openEngine({ ...options, log, signal: interrupt.signal });
    try {
      await runOn(engine, interrupt, options);
    } finally {
      await engine.close();
    }
  } finally {
    interrupt.release();
  }
}

async function runOn(engine: Engine, interrupt: Interrupt, options: RunPlanOptions): Promise<void> {
  const { terminal, flags, plan, taskQueue } = options;
  const { client } = engine;
  const interrupted = options.goesOnWith === undefined || flags.id !== undefined ? null : await findOpen(client, plan);
  const start = async () => {
    const request = await toStart(plan, options.config, (line) => terminal.note(line));
    return client.start({ ...request, executionId: flags.id, taskQueue });
  };
  const { executionId } = interrupted ?? (await start());
  const target = targetFor(terminal, client, executionId);
  const mode = chooseMode(terminal, flags.json === true);
  announceStart(engine, target, mode, terminal, interrupted === null ? 'Started' : 'Going on with');
  // With JSON on stdout what is for people goes to stderr.
  const say = (...lines: readonly string[]): void => (mode === 'json' ? terminal.note(...lines) : terminal.print(...lines));
  const desk = chooseDesk({ terminal, client, target, say }, mode, flags.approveAs);
  const { signal, trigger } = interrupt;
  const outcome = await followExecution({
    client,
    executionId,
    desk,
    signal,
    onInterrupt: trigger,
    failed: engine.failed,
    view: await createProgressView(terminal, mode),
    say: (line) => terminal.note(line),
  });
  if (outcome === null) return announceInterrupt(engine, target, terminal, options.goesOnWith);
  announceEnd(terminal, outcome, mode === 'json');
  if (outcome.phase === 'completed') options.onCompleted?.(outcome);
}

function chooseDesk(context: DeskContext, mode: ProgressMode, approveAs: string | undefined): Desk {
  if (approveAs !== undefined) return createAppointedDesk(context, approveAs);
  return mode !== 'json' && context.terminal.isInteractive ? createInteractiveDesk(context) : createPrintedDesk(context);
}

/** The newest execution of the plan's project that is still open on this server. */
async function findOpen(client: PactClient, { plan }: LoadedPlan): Promise<{ readonly executionId: string } | null> {
  const open = await client.list({ open: true, limit: 20 });
  return open.find(({ project }) => project === plan.project.name) ?? null;
}

function announceStart({ server }: Engine, target: CommandTarget, mode: ProgressMode, terminal: Terminal, verb: string): void {
  const { executionId, address, namespace } = target;
  const ui = workflowUrl(server.uiUrl, namespace, executionId);
  if (mode === 'json') return terminal.print(JSON.stringify({ type: 'started', executionId, address, namespace, ui }));
  terminal.print(
    `${verb} ${terminal.paint.bold(executionId)} on ${address}${ui === null ? '' : `, in the Temporal UI: ${ui}`}`,
    '',
  );
}

function announceInterrupt(engine: Engine, target: CommandTarget, terminal: Terminal, goesOnWith: string | undefined): void {
  const { executionId } = target;
  terminal.setExitCode(EXIT.interrupted);
  const parts = [...(engine.ownsWorker ? ['worker'] : []), ...(engine.server.started ? ['server'] : [])];
  if (parts.length === 0) {
    return terminal.note('', `${executionId} goes on without this terminal. Come back with:`, ...comeBackCommands(target));
  }
  const again = goesOnWith ?? (engine.server.started ? 'pact up' : 'pact worker');
  terminal.note(
    '',
    `${executionId} is kept, but the ${parts.join(' and ')} of this process ${parts.length === 1 ? 'ends' : 'end'} with it.`,
    `It goes on where it was after:  ${again}`,
    'Then come back with:',
    ...comeBackCommands(target),
    terminal.paint.dim('Ending them in order; Ctrl-C again quits at once.'),
  );
}
