import { agentKey } from '../emergencies/emergency-keys.ts';
import { DEFAULT_WITHIN_MS, openItem } from './inbox.ts';
import { escalateStandstill } from './emergencies.ts';
import { isEscalating } from './escalations.ts';
import { messageConditionsIn } from './mail-triggers.ts';
import { heldFor, isThrottled } from './measures.ts';
import { isReallocating } from './moves.ts';
import { clearQueuesOf } from './parking.ts';
import type { AgentRun } from './state.ts';
import { giveUpTask } from './task-ends.ts';
import { hasDeadlineAhead } from './timers.ts';
import { agentProfile, agentRun, taskRun, type Sprint, type Turn } from './turn.ts';

/**
 * With nothing at work, no timer and no open item, what still waits can only wait for agents that are unavailable, which a person is
 * asked about, or that nothing will ever activate: then it fails, because it would wait for ever. Answers true when that may have
 * changed what others can do.
 */
export function resolveStandstill(turn: Turn): boolean {
  const { state, index } = turn;
  if (state.phase !== 'running' || state.running > 0 || state.ended === state.tasks.length) return false;
  if (hasDeadlineAhead(state) || isEscalating(turn) || isReallocating(turn)) return false;
  if (isThrottled(turn)) {
    escalateStandstill(turn);
    return false;
  }
  const stuck = [...state.ready.keys()].filter((group) => (state.ready[group] as number[]).length > 0);
  const away = stuck
    .flatMap((group) => candidatesOf(turn, group))
    .find((agent) => !isStaffed(agentRun(turn, agent)) || waitsForMessage(turn, agent));
  if (away !== undefined) {
    askAboutAgent(turn, away);
    return false;
  }
  const [group] = stuck;
  if (group === undefined) {
    const agent = index.agents.findIndex(({ id }) => heldFor(turn, agentKey(id)).length > 0);
    if (agent < 0) escalateStandstill(turn);
    else askAboutAgent(turn, agent);
    return false;
  }
  const names = candidatesOf(turn, group).map((agent) => index.agents[agent]?.id);
  failWaiting(turn, group, `no trigger of ${names.join(', ') || 'any agent'} can fire any more, so nobody can do it`);
  return true;
}

/** The time to answer is up, or a person has given up on the agent: what nobody else at hand can do fails. */
export function failWaitingFor(turn: Turn, agentId: string): void {
  const away = turn.index.agentNumber.get(agentId) as number;
  for (const group of turn.index.classesOfAgent[away] as readonly number[]) {
    const isHopeless = candidatesOf(turn, group).every(
      (agent) => !agentRun(turn, agent).active || !isStaffed(agentRun(turn, agent)),
    );
    if (isHopeless) failWaiting(turn, group, `${agentId} is unavailable`);
  }
  for (const task of heldFor(turn, agentKey(agentId)))
    if (taskRun(turn, task).state === 'waiting') giveUpTask(turn, task, '', `held while ${agentId} is unavailable`);
}

/** Fails the tasks of a class that wait for nothing but an agent or leases. */
function failWaiting(turn: Turn, group: number, reason: string): void {
  clearQueuesOf(turn, group);
  for (const [task, other] of turn.index.classOf.entries()) {
    const { state, waitsFor } = taskRun(turn, task);
    if (other === group && state === 'waiting' && waitsFor === 0) giveUpTask(turn, task, '', reason);
  }
}

const candidatesOf = ({ index }: Sprint, group: number): readonly number[] => index.classes[group] as readonly number[];

const isStaffed = ({ available, capacity }: AgentRun): boolean => available && capacity > 0;

/** A message from outside may still activate it. */
const waitsForMessage = (sprint: Sprint, agent: number): boolean =>
  !agentRun(sprint, agent).active &&
  sprint.index.triggers.some(({ agent: of, when }) => of === agent && messageConditionsIn(when).length > 0);

function askAboutAgent(turn: Turn, agent: number): void {
  const { id } = agentProfile(turn, agent);
  const isWaiting = waitsForMessage(turn, agent);
  const item = {
    itemId: `agent/${id}`,
    kind: 'agentUnavailable' as const,
    title: isWaiting ? `${id} waits for a message and work waits for it` : `${id} is unavailable and work waits for it`,
    question: isWaiting
      ? 'Fail the work that waits? Send the message that its trigger names when it may start.'
      : 'Fail the work that waits? Send agentAvailability when the agent is back.',
    options: ['fail'],
    people: turn.definition.people,
    otherwise: 'the work that waits for it fails',
    sprint: turn.definition.sprint.id,
    task: null,
  };
  openItem(turn, item, DEFAULT_WITHIN_MS);
}
