import type { AgentAvailability, SetPriority } from '../messages.ts';
import { reheap } from './heap.ts';
import { closeItem } from './inbox.ts';
import { addTimer } from './timers.ts';
import { decide, isTaskBefore, taskRun, toIso, type Turn } from './turn.ts';

/** Attempts at work are left alone; new work goes to the agent only while it is available. */
export function changeAvailability(turn: Turn, change: AgentAvailability): void {
  const number = turn.index.agentNumber.get(change.agent_id);
  if (number === undefined) return;
  const agent = turn.state.agents[number] as (typeof turn.state.agents)[number];
  agent.available = change.available;
  agent.capacity = change.capacity ?? agent.capacity;
  agent.availableAt = !change.available && change.until ? Date.parse(change.until) : null;
  if (agent.availableAt !== null) addTimer(turn.state, { at: agent.availableAt, kind: 'availability', ref: number });
  if (change.available) closeItem(turn, `agent/${change.agent_id}`);
  for (const group of turn.index.classesOfAgent[number] ?? []) turn.touched.add(group);
  const until = agent.availableAt === null ? '' : ` until ${toIso(agent.availableAt)}`;
  decide(turn, 'agentAvailabilityChanged', `${change.agent_id} is ${change.available ? 'available' : `unavailable${until}`}`, {
    agent_id: change.agent_id,
    available: change.available,
    capacity: agent.capacity,
  });
}

export function changePriority(turn: Turn, { by, taskId, priority, reason }: SetPriority): void {
  const task = turn.index.taskNumber.get(taskId);
  if (task === undefined) return;
  const run = taskRun(turn, task);
  run.priority = priority;
  const group = turn.index.classOf[task] as number;
  reheap(turn.state.ready[group] as number[], isTaskBefore(turn));
  for (const { parked } of turn.state.resources) if (parked[group]) reheap(parked[group], isTaskBefore(turn));
  turn.touched.add(group);
  decide(turn, 'priorityChanged', `${by} set the priority of "${taskId}" to ${priority}${reason ? `: ${reason}` : ''}`, { by, task: taskId, priority });
}
