import type { AmendmentAnswer } from '../domain/execution/amendments/amendment-view.ts';
import type {
  AmendPlan,
  Authorize,
  CommandName,
  Control,
  EmergencyStop,
  ReassignTask,
  Respond,
  Rollback,
} from '../domain/messages.ts';
import type { Accepted, AlertView, AuthorizationView, DecisionView, InboxItem, Page, TaskView } from '../domain/views.ts';
import type { AgentStatus } from '../domain/agent-status.ts';
import type { ExecutionReport } from '../domain/execution/report.ts';
import { openLink } from './connection.ts';
import type { ConnectOptions, ServerLink } from './connection.ts';
import { sendCommand } from './command.ts';
import type { Delivery } from './command.ts';
import { describeExecution } from './description.ts';
import type { ExecutionDescription } from './description.ts';
import { listExecutions } from './listing.ts';
import type { ExecutionListing } from './listing.ts';
import { awaitOutcome } from './outcome-wait.ts';
import type { ExecutionOutcome } from './outcome.ts';
import { untilPreparedIsRecorded } from './recorded.ts';
import { startExecution } from './start.ts';
import type { StartRequest } from './start.ts';
import { correctedByServer, fetchStatus } from './status-answer.ts';
import type { StatusAnswer } from './status-answer.ts';
import { observe } from './watch.ts';
import type { Observation, WatchOptions } from './watch.ts';
import type { WatchEvent } from './watch-event.ts';
import { livePollers } from './worker-presence.ts';
import type { Poller } from './worker-presence.ts';

export interface PageRequest {
  readonly offset?: number;
  /** At most 200. */
  readonly limit?: number;
}

/**
 * PACT's executions on a Temporal server, typed. Commands are updates: they answer when the engine has taken or refused them.
 * Every method throws NoServerError, UnknownExecutionError, and, where an execution has to answer, NoWorkerError (10 s) or
 * RefusedError with the engine's type.
 */
export interface PactClient {
  readonly address: string;
  readonly namespace: string;
  /** @throws ExecutionExistsError */
  start(request: StartRequest): Promise<{ readonly executionId: string; readonly runId: string }>;
  authorize(executionId: string, message: Omit<Authorize, 'decision'>): Promise<Accepted>;
  reject(executionId: string, message: Omit<Authorize, 'decision'>): Promise<Accepted>;
  pause(executionId: string, message: Control): Promise<Accepted>;
  resume(executionId: string, message: Control): Promise<Accepted>;
  respond(executionId: string, message: Respond): Promise<Accepted>;
  rollback(executionId: string, message: Rollback): Promise<Accepted>;
  amendPlan(executionId: string, message: AmendPlan): Promise<AmendmentAnswer>;
  reassignTask(executionId: string, message: ReassignTask): Promise<Accepted>;
  /** A stop is never lost: with no worker it is left as a signal that the next worker finds first. */
  stop(executionId: string, message: EmergencyStop): Promise<Delivery>;
  /** Falls back to the server's records when no worker answers. */
  status(executionId: string): Promise<StatusAnswer>;
  authorization(executionId: string): Promise<AuthorizationView>;
  tasks(executionId: string, page?: PageRequest): Promise<Page<TaskView>>;
  agents(executionId: string, page?: PageRequest): Promise<Page<AgentStatus>>;
  inbox(executionId: string): Promise<readonly InboxItem[]>;
  alerts(executionId: string): Promise<readonly AlertView[]>;
  decisions(executionId: string, page?: PageRequest): Promise<Page<DecisionView>>;
  /** The report as it stands now, also while the plan runs. */
  report(executionId: string): Promise<ExecutionReport>;
  /** Where the final report lies: null while there is none. Of a closed execution it is read from its result, without a worker. */
  reportFile(executionId: string): Promise<{ readonly uri: string; readonly sha256: string } | null>;
  describe(executionId: string): Promise<ExecutionDescription>;
  /** Newest first. `needsPerson` keeps the open ones that wait on a person. */
  list(filter?: {
    readonly needsPerson?: boolean;
    readonly open?: boolean;
    readonly limit?: number;
  }): Promise<readonly ExecutionListing[]>;
  /** Waits until the execution has closed. Resolves however it ended; rejects once `signal` has aborted. */
  result(executionId: string, signal?: AbortSignal): Promise<ExecutionOutcome>;
  /** Answers with what changed, together; see `watch` for single events. */
  observe(executionId: string, options?: WatchOptions): AsyncIterable<Observation>;
  watch(executionId: string, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** Workers that poll the queue for workflows. */
  workers(taskQueue: string): Promise<readonly Poller[]>;
  /** For callers that need what this facade does not have. */
  readonly link: ServerLink;
  close(): Promise<void>;
}

/** @throws NoServerError when no server answers within 5 s */
export async function connectClient(options: ConnectOptions = {}): Promise<PactClient> {
  return createClient(await openLink(options));
}

export function createClient(link: ServerLink): PactClient {
  const query = <T>(executionId: string, name: string, ...args: unknown[]): Promise<T> =>
    link.call(executionId, () => link.client.workflow.getHandle(executionId).query<T, unknown[]>(name, ...args));
  const command = (executionId: string, name: CommandName, payload: object): Promise<Accepted> =>
    sendCommand(link, executionId, name, payload);
  const decide = async (executionId: string, decision: Authorize): Promise<Accepted> => {
    await untilPreparedIsRecorded(link, executionId);
    return command(executionId, 'authorize', decision);
  };
  const result = (executionId: string, signal?: AbortSignal): Promise<ExecutionOutcome> =>
    awaitOutcome(link, executionId, signal);
  const look = (executionId: string): Promise<StatusAnswer> => fetchStatus(link, executionId, () => result(executionId));
  async function* watching(executionId: string, options?: WatchOptions): AsyncGenerator<Observation, void, void> {
    // The wait for the end goes with the watcher: it would else stay open for as long as the execution does.
    const over = new AbortController();
    const closed = awaitOutcome(link, executionId, over.signal);
    closed.catch(() => {});
    try {
      const source = {
        status: () => look(executionId),
        decisions: (offset: number) => query<Page<DecisionView>>(executionId, 'decisions', { offset, limit: 200 }),
        closed,
      };
      yield* observe(source, options);
    } finally {
      over.abort();
    }
  }
  return {
    address: link.address,
    namespace: link.namespace,
    link,
    start: (request) => startExecution(link, request),
    authorize: (id, message) => decide(id, { ...message, decision: 'approve' }),
    reject: (id, message) => decide(id, { ...message, decision: 'reject' }),
    ...toCommands(command),
    stop: (id, message) => sendCommand(link, id, 'emergencyStop', message, { signalWithoutWorker: true }),
    status: async (id) => correctedByServer(link, await look(id), () => result(id)),
    authorization: (id) => query(id, 'authorization'),
    tasks: (id, page = {}) => query(id, 'tasks', page),
    agents: (id, page = {}) => query(id, 'agents', page),
    inbox: (id) => query(id, 'inbox'),
    alerts: (id) => query(id, 'alerts'),
    decisions: (id, page = {}) => query(id, 'decisions', page),
    report: (id) => query(id, 'report'),
    reportFile: async (id) => ((await describeExecution(link, id)).closedAt === null ? null : (await result(id)).report),
    describe: (id) => describeExecution(link, id),
    list: (filter = {}) => listExecutions(link, filter),
    result,
    observe: watching,
    watch: async function* (id, options) {
      for await (const { events } of watching(id, options)) yield* events;
    },
    workers: (taskQueue) => livePollers(link, taskQueue),
    close: () => link.close(),
  };
}

type SendCommand = (executionId: string, name: CommandName, payload: object) => Promise<Accepted>;
type PlainCommand = 'pause' | 'resume' | 'respond' | 'rollback' | 'amendPlan' | 'reassignTask';

/** Those that send what they are given and answer what the engine answers. */
const toCommands = (command: SendCommand): Pick<PactClient, PlainCommand> => ({
  pause: (id, message) => command(id, 'pause', message),
  resume: (id, message) => command(id, 'resume', message),
  respond: (id, message) => command(id, 'respond', message),
  rollback: (id, message) => command(id, 'rollback', message),
  // The engine's answer to this one says more than that it was taken.
  amendPlan: async (id, message) => (await command(id, 'amendPlan', message)) as AmendmentAnswer,
  reassignTask: (id, message) => command(id, 'reassignTask', message),
});
