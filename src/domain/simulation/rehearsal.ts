import { startOver } from '../sprint/create-sprint.ts';
import type { SprintDefinition } from '../sprint/definition.ts';
import { MAX_SEARCHES } from '../sprint/ordering.ts';
import { buildIndex, type SprintIndex } from '../sprint/sprint-index.ts';
import type { TaskOrder } from '../sprint/task-order.ts';
import type { Sprint } from '../sprint/turn.ts';
import { lowerBoundMs } from './lower-bound.ts';

/** A sprint that is played again and again from its start. */
export interface Rehearsal {
  readonly definition: SprintDefinition;
  readonly index: SprintIndex;
  readonly boundMs: number;
}

const LEFT_OUT = ['budgets', 'reallocation', 'mediation', 'watched', 'quality', 'supervision'] as const;

/**
 * What can be known beforehand. Budgets are left out: nobody knows what will be used, and people who are asked for more would answer in
 * time. So is what is done when agents, resources or others fail, for they do not; tasks do, and people are asked.
 */
export function toRehearsed(whole: SprintDefinition): Omit<SprintDefinition, (typeof LEFT_OUT)[number]> {
  const { contingencies = [], ...rest } = whole;
  for (const field of LEFT_OUT) delete rest[field];
  const ofTasks = contingencies.filter(({ when }) => 'task' in when);
  return ofTasks.length === 0 ? rest : { ...rest, contingencies: ofTasks };
}

export function createRehearsal(whole: SprintDefinition): Rehearsal {
  const definition = toRehearsed(whole);
  const index = buildIndex(definition);
  return { definition, index, boundMs: lowerBoundMs(index) };
}

/** The sprint before its start; it never asks for another order itself. */
export function toSprint({ definition, index }: Rehearsal, order: TaskOrder, now: number): Sprint {
  const sprint = startOver(definition, index, now, order);
  sprint.state.ordering.asked = MAX_SEARCHES;
  sprint.state.isRehearsal = true;
  return sprint;
}
