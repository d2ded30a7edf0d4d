import type { AgentStatus } from '../../domain/agent-status.ts';

/** A status travels as the detail of a heartbeat. */
export const MAX_STATUS_BYTES = 1_024;

/**
 * The status with as much as fits into 1 KiB of JSON: first the last blocking issues go, then the last outputs, then the
 * texts are halved. Ids and numbers stay.
 */
export function boundStatus(status: AgentStatus): AgentStatus {
  let bounded = status;
  while (sizeOf(bounded) > MAX_STATUS_BYTES) {
    const smaller = shrink(bounded);
    if (smaller === null) return bounded;
    bounded = smaller;
  }
  return bounded;
}

const sizeOf = (status: AgentStatus): number => Buffer.byteLength(JSON.stringify(status));

function shrink(status: AgentStatus): AgentStatus | null {
  const { blocking_issues, outputs_ready, current_task, next_coordination_point } = status;
  if (blocking_issues.length > 1) return { ...status, blocking_issues: blocking_issues.slice(0, -1) };
  if (outputs_ready.length > 1) return { ...status, outputs_ready: outputs_ready.slice(0, -1) };
  const texts = [blocking_issues[0], current_task, next_coordination_point];
  if (texts.every((text) => (text?.length ?? 0) <= 8)) return null;
  return {
    ...status,
    blocking_issues: blocking_issues.map(halve),
    current_task: current_task === null ? null : halve(current_task),
    next_coordination_point: next_coordination_point === null ? null : halve(next_coordination_point),
  };
}

const halve = (text: string): string =>
  text.length <= 8 ? text : `${[...text].slice(0, Math.floor([...text].length / 2)).join('')}…`;
