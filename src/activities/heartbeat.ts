import { Context } from '@temporalio/activity';
import type { AgentStatus } from '../domain/agent-status.ts';
import type { PerformTaskInput } from '../domain/attempt.ts';

/** With the SDK's own throttle of at most 1 s, details in `describe` are then at most 1.5 s old. */
const HEARTBEAT_MS = 500;

/** Beats from a timer with the latest status, so that an agent that says nothing still hears a cancel. */
export interface Heartbeat {
  update(status: AgentStatus): void;
  stop(): void;
}

/** Sends the first beat at once. `beat` is the activity context's `heartbeat`. */
export function startHeartbeat(beat: (details: AgentStatus) => void, first: AgentStatus): Heartbeat {
  let latest = first;
  beat(latest);
  const timer = setInterval(() => beat(latest), HEARTBEAT_MS);
  return {
    update: (status) => {
      latest = status;
    },
    stop: () => clearInterval(timer),
  };
}

/** The status of an agent that has got its task and has not said anything yet. `now` is Unix ms. */
export function toFirstStatus(input: PerformTaskInput, now: number): AgentStatus {
  return {
    agent_id: input.agent,
    status: 'working',
    current_task: input.task.title,
    progress_percentage: 0,
    estimated_completion: new Date(now + input.task.estimateMs).toISOString(),
    blocking_issues: [],
    next_coordination_point: input.nextCoordinationPoint,
    outputs_ready: [],
  };
}

/** Exactly the eight fields, with what the engine knows where the agent says nothing. */
export function toEightFields(status: AgentStatus, input: PerformTaskInput): AgentStatus {
  return {
    agent_id: input.agent,
    status: status.status,
    current_task: status.current_task ?? input.task.title,
    progress_percentage: status.progress_percentage,
    estimated_completion: status.estimated_completion,
    blocking_issues: status.blocking_issues,
    next_coordination_point: status.next_coordination_point ?? input.nextCoordinationPoint,
    outputs_ready: status.outputs_ready,
  };
}

/** Heartbeats while it works, so that a cancel is heard and the death of the worker is found. */
export async function whileBeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
