import type { Rival } from '../mediation/conflict.ts';
import { slackOf } from './slack.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';

/** A task in a conflict. @param secondMs What it would lose by coming second. */
export const toRival = (turn: Turn, task: number, secondMs: number): Rival => ({
  id: taskSpec(turn, task).id,
  priority: taskRun(turn, task).priority,
  slackMs: Math.round(slackOf(turn, task)),
  secondMs: Math.round(secondMs),
});
