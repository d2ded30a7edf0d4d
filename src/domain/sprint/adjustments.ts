import { agentKey } from '../emergencies/emergency-keys.ts';
import type { AgentAvailability, SetPriority } from '../messages.ts';
import { askAgain } from './budget-questions.ts';
import { closeItem } from './inbox.ts';
import { noteCause } from './emergency-notes.ts';
import { reorder } from './parking.ts';
import { onAvailability } from './reallocation-triggers.ts';
import { addTimer } from './timers.ts';
import { agentRun, decide, placeOf, taskRun, toIso, touchClassesOf, type Turn } from './turn.ts';

/** Attempts at work are left alone unless the plan has them moved; new work goes to the agent only while it is available. */
export function changeAvailability(turn: Turn, change: AgentAvailability): void {
  const number = turn.index.agentNumber.get(change.agent_id);
  if (number === undefined) return;
  const agent = agentRun(turn, number);
  agent.available = change.available;
  agent.capacity = change.capacity ?? agent.capacity;
  agent.availableAt = !change.available && change.until ? Date.parse(change.until) : null;
  if (agent.availableAt !== null) addTimer(turn.state, { at: agent.availableAt, kind: 'availability', ref: number });
  if (change.available) {
    closeItem(turn, `agent/${change.agent_id}`);
    askAgain(turn, number);
  }
  touchClassesOf(turn, number);
  const until = agent.availableAt === null ? '' : ` until ${toIso(agent.availableAt)}`;
  const why = change.reason ? `: ${change.reason}` : '';
  decide(
    turn,
    'agentAvailabilityChanged',
    `${change.agent_id} is ${change.available ? 'available' : `unavailable${until}`}${why}`,
    {
      agent_id: change.agent_id,
      available: change.available,
      capacity: agent.capacity,
    },
  );
  onAvailability(turn, number, change);
  noteCause(turn, agentKey(change.agent_id), !change.available);
}

export function changePriority(turn: Turn, { by, taskId, priority, reason }: SetPriority): void {
  const task = turn.index.taskNumber.get(taskId);
  if (task === undefined) return;
  taskRun(turn, task).priority = priority;
  turn.places[task] = placeOf(turn, task, priority);
  reorder(turn, task);
  const why = reason ? `: ${reason}` : '';
  decide(turn, 'priorityChanged', `${by} set the priority of "${taskId}" to ${priority}${why}`, { by, task: taskId, priority });
}
