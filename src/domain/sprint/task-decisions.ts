import { needsData, readDecision, type TaskDecision } from '../escalation/decision-data.ts';
import type { Json, JsonObject, Task } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import { topUp } from './budget-questions.ts';
import { reassign } from './reassignment.ts';
import { putTask } from './regrowth.ts';
import { toTerms } from './task-questions.ts';
import { decide, nextSpec, taskRun, type Turn } from './turn.ts';

const TAKING: readonly string[] = ['reassign', 'extend', 'change', 'topUp'] satisfies TaskDecision['type'][];

/** Carries out what was decided about a waiting task before it is tried again, or says why that is not possible any more. */
export function applyDecision(
  turn: Turn,
  task: number,
  { decision, by, note, data }: { decision: string; by: string; note: string | null; data: Json },
): Result<void> {
  if (!TAKING.includes(decision)) return ok(undefined);
  const terms = toTerms(turn, task);
  if (!needsData(terms, decision)) return err(`"${decision}" is not possible for it any more`);
  const read = readDecision(terms, decision, data);
  if (!read.ok) return read;
  apply(turn, task, read.value, { by, note });
  return ok(undefined);
}

function apply(turn: Turn, task: number, decided: TaskDecision, { by, note }: { by: string; note: string | null }): void {
  const spec = nextSpec(turn, task);
  switch (decided.type) {
    case 'reassign':
      return reassign(turn, { by, taskId: spec.id, agentId: decided.agent, reason: note, force: true });
    case 'extend': {
      const { timeMs, attempts } = spec.budget;
      const budget = {
        ...spec.budget,
        timeMs: timeMs === null ? null : timeMs + decided.timeMs,
        attempts: attempts + decided.attempts,
      };
      return adjust(turn, { ...spec, budget }, `${by} extended "${spec.title}"`, {
        by,
        task: spec.id,
        timeMs: budget.timeMs,
        attempts: budget.attempts,
      });
    }
    case 'change': {
      const changed: Task = { ...spec, ...decided.set };
      taskRun(turn, task).priority = decided.set.priority ?? taskRun(turn, task).priority;
      const names = Object.keys(decided.set);
      return adjust(turn, changed, `${by} changed ${names.join(', ')} of "${spec.title}"`, { by, task: spec.id, changed: names });
    }
    case 'topUp':
      return topUp(turn, turn.index.budgets?.ofTask[task] as number, decided.amounts, { by, note });
  }
}

/** The task is another from its next attempt on. */
function adjust(turn: Turn, changed: Task, text: string, data: JsonObject): void {
  decide(turn, 'taskChanged', text, data);
  putTask(turn, changed);
}
