import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { ProgressReport } from '../domain/execution/events.ts';
import type { DecisionView } from '../domain/views.ts';
import { toProgress, toTaskView } from '../domain/sprint/progress.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { SPRINT_PROGRESS, toSignal } from './messages.ts';

const MAX_CHANGED = 400;
const MAX_DECISIONS = 50;
const MAX_AGENTS = 200;

export interface ParentReporter {
  /** Notes what the next report must tell. */
  note(decision: DecisionView): void;
  /** Sends a report now, or right after the one on its way. */
  send(): void;
}

/** Tells the execution how its sprint stands; one report at a time, the next one holds whatever has changed meanwhile. */
export function createParentReporter(sprint: Sprint): ParentReporter {
  const parent = workflowInfo().parent;
  const changed = new Set<string>();
  let decisions: DecisionView[] = [];
  let isSending = false;
  let isWanted = false;

  const toReport = (): ProgressReport => {
    const ids = [...changed].slice(0, MAX_CHANGED);
    for (const id of ids) changed.delete(id);
    const told = decisions.slice(-MAX_DECISIONS);
    decisions = [];
    const views = ids.map((id) => toTaskView(sprint, sprint.index.taskNumber.get(id) as number));
    return { progress: toProgress(sprint, MAX_AGENTS), changed: views, decisions: told };
  };
  const send = (): void => {
    isWanted = true;
    if (!parent || isSending) return;
    isSending = true;
    void deliver();
  };
  const deliver = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      // A parent that is gone has nobody left to tell; the sprint ends by its own rules.
      await getExternalWorkflowHandle(parent?.workflowId ?? '')
        .signal(toSignal(SPRINT_PROGRESS), toReport())
        .catch(() => undefined);
    }
    isSending = false;
  };
  return {
    note(decision) {
      // The execution says these two itself.
      if (decision.event === 'sprintStarted' || decision.event === 'sprintEnded') return;
      decisions.push(decision);
      if (decisions.length > 2 * MAX_DECISIONS) decisions = decisions.slice(-MAX_DECISIONS);
      const task = (decision.data as { task?: unknown }).task;
      if (typeof task === 'string' && sprint.index.taskNumber.has(task)) changed.add(task);
    },
    send,
  };
}
