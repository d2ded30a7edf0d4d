import type { SprintDefinition } from './definition.ts';
import { MAX_IN_FLIGHT } from './state.ts';

/**
 * Of all attempts on a worker. Every heartbeat is a transaction of the server's under the lock of its workflow, and a server on two
 * cores does some 100 of them a second for one workflow, starts and ends of attempts included.
 */
export const HEARTBEATS_PER_SECOND = 60;
/** So that two lost ones do not end an attempt. */
const BEATS_PER_TIMEOUT = 3;

/** The heartbeat timeout of a sprint's attempts, ms: as configured, or what as many as it can have at work at once need. */
export function toHeartbeatTimeoutMs({ agents, sprint }: SprintDefinition, configuredMs: number): number {
  const slots = agents.reduce((sum, { capacity }) => sum + capacity, 0);
  const atOnce = Math.min(slots, sprint.tasks.length, MAX_IN_FLIGHT);
  return Math.max(configuredMs, Math.ceil((atOnce * BEATS_PER_TIMEOUT * 1_000) / HEARTBEATS_PER_SECOND));
}
