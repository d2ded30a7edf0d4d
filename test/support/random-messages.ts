import { COMMANDS } from '../../src/domain/messages.ts';
import type { Random } from './random.ts';

export interface RandomMessage {
  readonly kind: 'signal' | 'update';
  readonly name: string;
  readonly payload: unknown;
}

export interface Known {
  readonly hash: string;
  readonly taskIds: readonly string[];
  readonly agentIds: readonly string[];
  readonly approvers: readonly string[];
}

/** Texts that break programs: empty, huge, control characters, half a surrogate pair, names of Object.prototype. */
export const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  '\ud800',
  '🧨',
  '__proto__',
  'constructor',
  'toString',
  '<b>|`x`',
  'x'.repeat(5000),
  '\u202e',
  '1e999',
];

/**
 * A message of any kind and shape, near enough to right ones to get past the first check, that must start nothing: an approval never has
 * both the right hash and everything else that it needs, and no approver rejects.
 */
export function randomMessage(random: Random, known: Known): RandomMessage {
  const name = random.pick([...COMMANDS, ...COMMANDS, 'authorize', 'agentStatus', 'sprintProgress', 'nonsense', '__stack', '']);
  return {
    kind: random.pick(['signal', 'signal', 'update']),
    name: name === '' ? 'x' : name,
    payload: toPayload(random, known, name),
  };
}

function toPayload(random: Random, known: Known, name: string): unknown {
  if (random.next() < 0.25) return junk(random, 3);
  const body: Record<string, unknown> = {
    by: random.pick([...known.approvers, 'mallory', 'worker', ...ODD_TEXTS, 7, null]),
    decision: random.pick(['approve', 'approve', 'perhaps', true, null]),
    planHash: random.pick([known.hash, known.hash.slice(1), 'x', '', null, undefined]),
    reviewed: random.pick([true, false, 'true', undefined]),
    emergencyStopUnderstood: random.pick([false, 'yes', 1, undefined]),
    reason: random.pick([undefined, 'because', ...ODD_TEXTS]),
    mode: random.pick([undefined, 'halt', 'drain', 'now']),
    agent_id: random.pick([...known.agentIds, ...ODD_TEXTS]),
    // Availability is taken before the start as well: it must not keep the right agents away afterwards.
    available: random.pick([true, 'no', undefined]),
    until: random.pick([undefined, 'tomorrow', '9999-12-31T23:59:59Z']),
    itemId: random.pick(['authorization', 'paused', 'a#1', ...ODD_TEXTS]),
    taskId: random.pick([...known.taskIds, ...ODD_TEXTS]),
    priority: random.pick(['urgent', 'low', 'highest', 3]),
    reports: random.pick([
      undefined,
      [],
      [junk(random, 2)],
      [{ agent_id: 'worker', status: 'completed', task_id: 'a', attempt: 1 }],
    ]),
    progress: random.pick([undefined, junk(random, 2), { sprintId: 'only', phase: 'completed' }]),
  };
  if (name === 'agentAvailability') delete body.capacity;
  if (random.next() < 0.2) delete body[random.pick(Object.keys(body))];
  return body;
}

/** Any JSON value. */
export function junk(random: Random, depth: number): unknown {
  const leaf = (): unknown => random.pick([null, true, 0, -1, 1e308, ...ODD_TEXTS]);
  if (depth === 0) return leaf();
  const kind = random.below(4);
  if (kind === 0) return Array.from({ length: random.below(4) }, () => junk(random, depth - 1));
  if (kind === 1)
    return Object.fromEntries(
      Array.from({ length: random.below(4) }, () => [random.pick(['by', 'plan', ...ODD_TEXTS]), junk(random, depth - 1)]),
    );
  return leaf();
}
