import { EVERYBODY, TO_TASK, type AgentMessage } from '../agent-message.ts';
import { ownValue } from '../own-value.ts';
import { agentBox, taskBox, type Place } from './mail-boxes.ts';
import type { DropReason, Mail, OpenRequest } from './mail.ts';
import { isAtWork, isTaskEnded } from './state.ts';
import { agentProfile, taskRun, type Sprint } from './turn.ts';

/** Where a message goes, or why it goes nowhere. */
export type Route = { readonly places: readonly Place[] } | { readonly dropped: DropReason };

/** Who sends: the task and agent by number; null: somebody outside. */
export type Sender = { readonly agent: number; readonly task: number; readonly attempt: number } | null;

/** A response goes to whoever asked, whatever it is addressed to; everything else to its receiver. */
export function findRoute(sprint: Sprint, sender: Sender, { to, inReplyTo, kind }: AgentMessage): Route {
  const request = inReplyTo === null ? undefined : ownValue((sprint.state.mail as Mail).requests, inReplyTo);
  if (request !== undefined && (kind === 'response' || to === null)) return routeToAsker(sprint, request);
  if (to === null) return { dropped: 'unknownReceiver' };
  if (to === EVERYBODY) return routeToAll(sprint, sender);
  if (to.startsWith(TO_TASK)) return routeToTask(sprint, sender, to.slice(TO_TASK.length));
  return routeToAgent(sprint, sender, to);
}

/** To the attempt that asked while it listens, else to its agent's next one. An asker outside reads the ledger. */
export function routeToAsker(sprint: Sprint, { asker }: OpenRequest): Route {
  if (asker === null) return { places: [] };
  const { agent, task, attempt } = asker;
  const isHere = isListening(sprint, task) && taskRun(sprint, task).attempt === attempt;
  return { places: [{ box: isHere ? taskBox(task) : agentBox(agent), meant: 'agent' }] };
}

function routeToAll(sprint: Sprint, sender: Sender): Route {
  const places: Place[] = [];
  const later = new Set<number>();
  for (const [task, run] of sprint.state.tasks.entries()) {
    if (!isAtWork(run.state) || task === sender?.task) continue;
    const agent = run.agent as number;
    if (isListening(sprint, task)) places.push({ box: taskBox(task), meant: 'all' });
    else if (agentProfile(sprint, agent).kind === 'command') later.add(agent);
  }
  places.push(...[...later].map((agent): Place => ({ box: agentBox(agent), meant: 'agent' })));
  return places.length === 0 ? { dropped: 'nobody' } : { places };
}

function routeToTask(sprint: Sprint, sender: Sender, id: string): Route {
  const task = sprint.index.taskNumber.get(id);
  if (task === undefined) return { dropped: 'unknownReceiver' };
  if (task === sender?.task) return { dropped: 'self' };
  const { state, agent } = taskRun(sprint, task);
  const isOfPerson = isAtWork(state) && agentProfile(sprint, agent as number).kind === 'human';
  if (isTaskEnded(state) || isOfPerson) return { dropped: 'undeliverable' };
  return { places: [{ box: taskBox(task), meant: 'task' }] };
}

/** To each attempt of the agent that listens; where none does, to its next one. */
function routeToAgent(sprint: Sprint, sender: Sender, id: string): Route {
  const agent = sprint.index.agentNumber.get(id);
  if (agent === undefined) return { dropped: 'unknownReceiver' };
  if (agentProfile(sprint, agent).kind === 'human') return { dropped: 'undeliverable' };
  const places = sprint.state.tasks.flatMap((run, task): Place[] => {
    const isReceiver = isAtWork(run.state) && run.agent === agent && task !== sender?.task && isListening(sprint, task);
    return isReceiver ? [{ box: taskBox(task), meant: 'agent' }] : [];
  });
  if (places.length > 0) return { places };
  return sender?.agent === agent ? { dropped: 'self' } : { places: [{ box: agentBox(agent), meant: 'agent' }] };
}

/** The task is at work with an agent that reads its input as long as it runs. */
export function isListening(sprint: Sprint, task: number): boolean {
  const { state, agent } = taskRun(sprint, task);
  return isAtWork(state) && agentProfile(sprint, agent as number).input === 'stream';
}
