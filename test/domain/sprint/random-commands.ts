import { COMMANDS, type CommandName } from '../../../src/domain/messages.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { MALFORMED, toDecisionData } from './random-payloads.ts';
import type { Action } from './sprint-arbitrary.ts';

const choose = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)];

/** A message of people to the sprint as it stands, with sense and without. @param definition The one that it began with. */
export function toRandomCommand(
  { sprint, definition }: { readonly sprint: Sprint; readonly definition: SprintDefinition },
  { kind, pick, other, afterMs }: Action,
  now: number,
): readonly [CommandName, unknown] {
  const agent_id = choose(sprint.definition.agents, pick)?.id;
  const items = Object.values(sprint.state.inbox);
  const budgets = items.filter((one) => one.kind === 'topUp');
  const item = choose(budgets.length > 0 && other % 4 > 0 ? budgets : items, pick);
  const by = kind !== 'respondWrongly' && item && item.people !== 'anyone' ? item.people[0] : 'mallory';
  const decision = choose(item?.options ?? [], other) ?? 'yes';
  const bodies: Record<string, readonly [CommandName, unknown]> = {
    pause: ['pause', { by: 'ann' }],
    resume: ['resume', { by: 'ann', reason: 'go on' }],
    halt: ['emergencyStop', { by: 'ann', reason: 'smoke', mode: 'halt' }],
    drain: ['emergencyStop', { by: 'ann', reason: 'calm', mode: 'drain' }],
    stopBadly: ['emergencyStop', choose(MALFORMED, pick)],
    leave: [
      'agentAvailability',
      { agent_id, available: false, ...(other % 2 ? { until: new Date(now + afterMs).toISOString() } : {}) },
    ],
    return: ['agentAvailability', { agent_id, available: true }],
    resize: ['agentAvailability', { agent_id, available: true, capacity: other % 5 }],
    prioritise: [
      'setPriority',
      {
        by: 'ann',
        taskId: choose(sprint.definition.sprint.tasks, pick)?.id,
        priority: choose(['urgent', 'high', 'normal', 'low'], other),
      },
    ],
    reassign: [
      'reassignTask',
      { by: 'ann', taskId: choose(sprint.definition.sprint.tasks, other)?.id, agentId: agent_id, force: afterMs % 2 === 0 },
    ],
    respond: ['respond', { by, itemId: item?.itemId ?? 'none', decision, data: toDecisionData(item, decision, pick) }],
    respondWrongly: ['respond', { by, itemId: item?.itemId ?? 'none', decision: 'no such option' }],
    rollBack: [
      'rollback',
      {
        by: 'ann',
        to: choose(['start', { sprint: 'core' }, ...definition.sprint.checkpoints.map(({ id }) => ({ checkpoint: id }))], pick),
        policy: choose(['reopen', 'reopen', 'abandon', null], other),
      },
    ],
    malformed: [choose(COMMANDS, pick) ?? 'pause', choose(MALFORMED, other)],
  };
  return bodies[kind] as readonly [CommandName, unknown];
}
