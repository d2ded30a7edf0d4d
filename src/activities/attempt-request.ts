import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AgentRequest } from '../adapters/agents/agent-runner.ts';
import { toFolderName } from '../adapters/store/folder-name.ts';
import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { Workspace } from '../adapters/workspaces/directory-workspaces.ts';
import type { PerformTaskInput } from '../domain/attempt.ts';

/** `<execution>/<task>/<attempt>`: in the environment of every process of the attempt, and its idempotency key. */
export const markerOf = (input: PerformTaskInput): string => `${input.executionId}/${input.task.id}/${input.attempt}`;

/**
 * Gives the attempt private copies of its inputs at `inputs/<task>/<deliverable>/<name>`. Throws an ArtifactError that names the
 * deliverable that cannot be had, and stops between copies when `signal` is aborted.
 */
export async function materialiseInputs(
  store: Pick<ArtifactStore, 'materialise'>,
  input: PerformTaskInput,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<AgentRequest['inputs']> {
  const inputs: AgentRequest['inputs'][number][] = [];
  for (const { task, deliverable } of input.inputs) {
    signal.throwIfAborted();
    const folder = join(workspace.inputs, toFolderName(task), toFolderName(deliverable.id));
    await mkdir(folder, { recursive: true });
    const name = basename(deliverable.path);
    const path = join(folder, name === '.' || name === '' ? 'content' : name);
    await store.materialise(deliverable, path);
    inputs.push({ task, deliverable: deliverable.id, path, sha256: deliverable.sha256 });
  }
  return inputs;
}

/** The request line of the protocol, version 1. */
export function toAgentRequest(
  input: PerformTaskInput,
  workspace: Workspace,
  { inputs, handover }: Pick<AgentRequest, 'inputs' | 'handover'>,
): AgentRequest {
  const { id, title, description, input: taskInput, deliverables, estimateMs, priority } = input.task;
  return {
    pact: 'request',
    version: 1,
    execution: input.executionId,
    sprint: input.sprint,
    agent_id: input.agent,
    attempt: input.attempt,
    idempotencyKey: markerOf(input),
    deadline: input.deadline,
    task: { id, title, description, input: taskInput, deliverables, estimateMs, priority },
    workspace: workspace.work,
    inputs,
    leases: input.leases,
    handover,
    feedback: input.feedback,
    digest: input.digestOfOthers,
    ...(input.messages === undefined ? {} : { messages: input.messages }),
    ...(input.allowance === undefined ? {} : { budget: input.allowance }),
  };
}
