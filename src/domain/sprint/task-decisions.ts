import { formatDuration } from '../duration.ts';
import { needsData, readDecision, type TaskDecision } from '../escalation/decision-data.ts';
import type { EscalationCause } from '../escalation/escalation.ts';
import type { Json, JsonObject, Priority } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import { topUp } from './budget-questions.ts';
import { propose } from './proposals.ts';
import { reassign } from './reassignment.ts';
import { toTerms } from './task-questions.ts';
import { nextSpec, type Turn } from './turn.ts';

const TAKING: readonly string[] = ['reassign', 'extend', 'change', 'topUp'] satisfies TaskDecision['type'][];

/** A decision, and the escalation that it ends. */
export interface DecidedTask {
  readonly n: number;
  readonly cause: EscalationCause;
  readonly decision: string;
  readonly by: string;
  readonly note: string | null;
  readonly data: Json;
}

/**
 * Carries out what was decided about a waiting task before it is tried again, or says why that is not possible any more.
 * Answers whether it may be tried again now: what changes the task waits for its revision of the plan.
 */
export function applyDecision(turn: Turn, task: number, given: DecidedTask): Result<'now' | 'later'> {
  const { decision, data } = given;
  if (!TAKING.includes(decision)) return ok('now');
  const terms = toTerms(turn, task);
  if (!needsData(terms, decision)) return err(`"${decision}" is not possible for it any more`);
  const read = readDecision(terms, decision, data);
  return read.ok ? ok(apply(turn, task, read.value, given)) : read;
}

function apply(turn: Turn, task: number, decided: TaskDecision, { n, cause, by, note }: DecidedTask): 'now' | 'later' {
  const { id, budget } = nextSpec(turn, task);
  const change = (set: JsonObject, priority?: Priority): 'later' => {
    const open = { n, cause, by, note, ...(priority ? { priority } : {}) };
    propose(turn, task, open, [{ changeTask: { task: id, set } }]);
    return 'later';
  };
  switch (decided.type) {
    case 'reassign':
      reassign(turn, { by, taskId: id, agentId: decided.agent, reason: note, force: true });
      return 'now';
    case 'extend': {
      const { timeMs, attempts } = budget;
      const time = timeMs === null ? {} : { time: formatDuration(timeMs + decided.timeMs) };
      return change({ budget: { ...time, attempts: attempts + decided.attempts } });
    }
    case 'change':
      return change(decided.set, decided.set['priority'] as Priority | undefined);
    case 'topUp':
      topUp(turn, turn.index.budgets?.ofTask[task] as number, decided.amounts, { by, note });
      return 'now';
  }
}
