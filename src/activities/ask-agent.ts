import { ApplicationFailure, Context } from '@temporalio/activity';
import type { AgentRequest, AgentRunner } from '../adapters/agents/agent-runner.ts';
import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { Workspace, Workspaces } from '../adapters/workspaces/directory-workspaces.ts';
import type { AgentAnswer, AgentQuestion } from '../domain/agent-question.ts';
import { attemptMarker } from '../domain/ids.ts';
import { AttemptError } from './attempt-failure.ts';
import { authorizedAdapter } from './authorized-adapter.ts';
import { whileBeating } from './heartbeat.ts';
import type { Roster } from './roster.ts';

export interface AskAgentInput {
  readonly agent: string;
  readonly digest: string;
  readonly question: AgentQuestion;
}

export interface AskAgentDeps {
  readonly roster: Pick<Roster, 'find'>;
  readonly runner: AgentRunner;
  readonly store: Pick<ArtifactStore, 'attemptLog'>;
  readonly workspaces: Workspaces;
  readonly killGraceMs: number;
}

/**
 * The activity `askAgent`: runs a command agent for one question, as a process of its own with the limits of an attempt, and answers what
 * it decided; null: it ended without a decision. Throws an ApplicationFailure, which is not to be retried, when it failed, took too
 * long, or is not the agent that was authorized.
 */
export function createAskAgent(deps: AskAgentDeps): (input: AskAgentInput) => Promise<AgentAnswer | null> {
  return async (input) =>
    await whileBeating(async () => {
      const { cancellationSignal: signal, info } = Context.current();
      const { executionId, id, withinMs } = input.question;
      const adapter = await authorizedAdapter(deps.roster, input).catch(rethrow);
      const log = await deps.store.attemptLog(executionId, id, info.attempt);
      const workspace = await deps.workspaces.create({ executionId, taskId: id, attempt: info.attempt });
      const deadlineAt = Date.now() + withinMs;
      const { outcome } = deps.runner.start({
        request: toRequest(input, info.attempt, workspace, deadlineAt),
        adapter,
        marker: attemptMarker(executionId, id, info.attempt),
        home: workspace.home,
        tmp: workspace.tmp,
        logFile: log.file,
        stallAfterMs: withinMs,
        deadlineAt,
        budget: null,
        killGraceMs: deps.killGraceMs,
        signal,
        onStatus: () => undefined,
        onMessage: () => 'a message to other agents: it is asked, not at work',
      });
      const end = await outcome;
      signal.throwIfAborted();
      await deps.workspaces.remove(workspace);
      if (!end.ok) throw ApplicationFailure.nonRetryable(end.failure.message, end.failure.type);
      return end.answer;
    });
}

function rethrow(error: unknown): never {
  if (error instanceof AttemptError) throw ApplicationFailure.nonRetryable(error.message, error.failure.type);
  throw error;
}

/** A request like that of an attempt, with the question beside it: `task` says what it is about. */
function toRequest({ agent, question }: AskAgentInput, attempt: number, { work }: Workspace, deadlineAt: number): AgentRequest {
  const { executionId, sprint, id, kind, title, text, options, data, withinMs } = question;
  return {
    pact: 'request',
    version: 1,
    execution: executionId,
    sprint: sprint ?? '',
    agent_id: agent,
    attempt,
    idempotencyKey: attemptMarker(executionId, id, attempt),
    deadline: new Date(deadlineAt).toISOString(),
    task: { id, title, description: text, input: data, deliverables: [], estimateMs: withinMs, priority: 'high' },
    workspace: work,
    inputs: [],
    leases: [],
    handover: null,
    feedback: [],
    digest: '',
    question: { id, kind, text, options, data },
  };
}
