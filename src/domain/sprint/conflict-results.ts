import { chooseFirst, type Conflict, type Verdict } from '../mediation/conflict.ts';
import { isOverlapping } from '../plan/declared-path.ts';
import { endWithResult } from './attempts.ts';
import { ACCEPT } from './conflict-actions.ts';
import { findContradiction, RESULT_ALTERNATIVES, type Result } from './conflict-reports.ts';
import { toRival } from './conflict-rivals.ts';
import { isNewConflict, raiseConflict } from './conflicts.ts';
import { holdForDecision } from './escalations.ts';
import { isTaskEnded } from './state.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';

interface Found {
  readonly conflict: Conflict;
  readonly verdict: Verdict | null;
}

/**
 * A result that conflicts with what its agent said before, or with another task. Answers whether it does not simply count: then it has been
 * decided on, or the task waits for that with what it has delivered.
 */
export function judgeResult(turn: Turn, task: number, event: Result): boolean {
  const { mediation } = turn.definition;
  const found = mediation ? (findContradiction(turn, task, event) ?? findStray(turn, task, event)) : null;
  if (!mediation || !found || !isNewConflict(turn, found.conflict.key)) return false;
  const { conflict, verdict } = found;
  // One conflict too many does not hold anything up.
  const isTooMuch = (turn.state.conflicts?.found.length ?? 0) >= mediation.limit;
  if (isTooMuch || verdict?.decision === ACCEPT) {
    raiseConflict(turn, conflict, verdict);
    return false;
  }
  endWithResult(turn, task, event);
  holdForDecision(turn, task);
  return raiseConflict(turn, conflict, verdict);
}

/** It hands something over elsewhere than declared: outside its own paths, within those of another task that is not over. */
function findStray(turn: Turn, task: number, { deliverables }: Result): Found | null {
  const { id, paths, deliverables: declared } = taskSpec(turn, task);
  if (paths.length === 0) return null;
  const isOwn = (path: string): boolean =>
    declared.some((one) => one.path === path) || paths.some((own) => isOverlapping(own, path));
  for (const { path } of deliverables) {
    if (isOwn(path)) continue;
    const other = turn.index.tasks.findIndex(
      (one, number) =>
        number !== task && !isTaskEnded(taskRun(turn, number).state) && one.paths.some((its) => isOverlapping(its, path)),
    );
    if (other !== -1) return toStray(turn, { task, id, path, other });
  }
  return null;
}

function toStray(turn: Turn, { task, id, path, other }: { task: number; id: string; path: string; other: number }): Found {
  const { attempt } = taskRun(turn, task);
  const { id: otherId, paths } = taskSpec(turn, other);
  const conflict: Conflict = {
    key: `stray/${path}/${id}#${attempt}`,
    kind: 'paths',
    title: `"${id}" has changed what belongs to "${otherId}"`,
    cause: `it hands over ${path}, outside its own paths (${taskSpec(turn, task).paths.join(', ')}) and within those of "${otherId}" (${paths.join(', ')}).`,
    evidence: { task: id, path, other: otherId },
    alternatives: RESULT_ALTERNATIVES,
    fallback: 'redo',
    subject: { type: 'result', task, attempt },
  };
  const first = chooseFirst(toRival(turn, task, turn.index.estimateMs[task] as number), toRival(turn, other, 0));
  return { conflict, verdict: first && { decision: first.first === id ? ACCEPT : 'redo', by: first.by, why: first.why } };
}
