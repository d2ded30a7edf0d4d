import { createSprint } from '../sprint/create-sprint.ts';
import { toSprintDefinition } from '../sprint/definition.ts';
import { forecastEnd, type SprintProgress } from '../sprint/progress.ts';
import type { Prepared } from '../prepared.ts';
import type { ProgressReport } from './events.ts';
import type { ExecutionState, SprintOutcome, SprintStanding } from './state.ts';
import { decide, keepDecisions, type ExecutionTurn } from './turn.ts';

export function toStandings({ resolved }: Prepared): SprintStanding[] {
  return resolved.plan.sprints.map(({ id }) => {
    const definition = toSprintDefinition(resolved, { executionId: '', ownerId: '', sprintId: id, delivered: [] });
    return { id, state: 'waiting', progress: null, delivered: [], lengthMs: forecastEnd(createSprint(definition, 0)) };
  });
}

export const standingOf = (state: ExecutionState, id: string): SprintStanding | undefined => state.sprints.find((sprint) => sprint.id === id);

export const startedSprints = (state: ExecutionState): string[] => state.sprints.flatMap(({ id, state: now }) => (now === 'started' ? [id] : []));

/** Starts each sprint whose predecessors have completed; skips each whose predecessor did not. */
export function advanceSprints(turn: ExecutionTurn): void {
  const { state, effects } = turn;
  for (const sprint of state.sprints) {
    if (sprint.state !== 'waiting') continue;
    const before = predecessors(state, sprint.id);
    const failed = before.find((one) => one.state === 'skipped' || (one.state === 'ended' && one.progress?.phase !== 'completed'));
    if (failed) {
      sprint.state = 'skipped';
      decide(turn, 'sprintSkipped', `sprint ${sprint.id} is skipped: sprint ${failed.id} did not complete`, { sprint: sprint.id });
    } else if (state.phase === 'running' && before.every((one) => one.state === 'ended')) {
      sprint.state = 'started';
      effects.push({ type: 'startSprint', sprintId: sprint.id });
      decide(turn, 'sprintStarted', `sprint ${sprint.id} starts`, { sprint: sprint.id });
      for (const change of Object.values(state.availability)) {
        effects.push({ type: 'forward', name: 'agentAvailability', payload: change, sprintIds: [sprint.id] });
      }
    }
  }
}

function predecessors(state: ExecutionState, id: string): SprintStanding[] {
  const edges = state.prepared?.resolved.order ?? [];
  return edges.flatMap(({ before, after }) => (after === id ? (standingOf(state, before) ?? []) : []));
}

export function takeProgress(turn: ExecutionTurn, { progress, changed, decisions }: ProgressReport): void {
  const sprint = standingOf(turn.state, progress.sprintId);
  if (!sprint || sprint.state !== 'started') return;
  sprint.progress = progress;
  for (const task of changed) turn.state.tasks[task.id] = task;
  keepDecisions(turn.state, [...decisions]);
}

export function takeOutcome(turn: ExecutionTurn, { sprintId, progress, tasks }: SprintOutcome): void {
  const sprint = standingOf(turn.state, sprintId);
  if (!sprint || sprint.state !== 'started') return;
  sprint.state = 'ended';
  sprint.progress = progress;
  sprint.delivered = tasks.flatMap(({ id, state, deliverables }) => (state === 'done' ? [{ task: id, deliverables }] : []));
  for (const task of tasks) turn.state.tasks[task.id] = task;
  decide(turn, 'sprintEnded', `sprint ${sprintId} ${progress.phase}${progress.reason ? `: ${progress.reason}` : ''}`, { sprint: sprintId, phase: progress.phase });
}

/** A sprint that ended without an outcome, terminated by hand for example: what was told of it last is what is known. */
export function takeLoss(turn: ExecutionTurn, sprintId: string, reason: string): void {
  const sprint = standingOf(turn.state, sprintId);
  if (!sprint || sprint.state !== 'started') return;
  sprint.state = 'ended';
  const phase = turn.state.cancelling ? 'cancelled' : 'failed';
  if (sprint.progress) sprint.progress = { ...sprint.progress, phase, reason, agents: [], inbox: [], forecastCompletion: null };
  decide(turn, 'sprintEnded', `sprint ${sprintId} ${phase}: ${reason}`, { sprint: sprintId, phase });
}

/** Delivered work of all sprints before the given one, at any distance. */
export function deliveredBefore(state: ExecutionState, id: string): SprintStanding['delivered'] {
  const seen = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const sprint of predecessors(state, next)) {
      if (!seen.has(sprint.id)) open.push(sprint.id);
      seen.add(sprint.id);
    }
  }
  return state.sprints.flatMap((sprint) => (seen.has(sprint.id) ? sprint.delivered : []));
}

/** Of all started sprints together: how many of the attempts at work have been drained by the last stop. */
export function countDrained(state: ExecutionState): { done: number; of: number } | null {
  const drains = state.sprints.flatMap(({ progress }) => drainOf(progress) ?? []);
  if (drains.length === 0) return null;
  return drains.reduce((sum, { done, of }) => ({ done: sum.done + done, of: sum.of + of }), { done: 0, of: 0 });
}

const drainOf = (progress: SprintProgress | null) => progress?.coordination.drained ?? null;
