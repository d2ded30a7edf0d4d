import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { createOutcome, createProgressReport, fitsOutcome } from '../domain/execution/progress-report.ts';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { SPRINT_PROGRESS, toSignal } from './messages.ts';

export interface ParentReporter {
  /** Notes what the next report must tell. */
  note(decision: { readonly data: JsonObject }): void;
  /** Sends a report now, or right after the one on its way. */
  send(): void;
  /** The last word: what no report has told yet and, as far as it fits, everything else. */
  close(): Promise<SprintOutcome>;
}

/** Tells the execution how its sprint stands; one report at a time, the next one holds whatever has changed meanwhile. */
export function createParentReporter(sprint: Sprint): ParentReporter {
  const parent = workflowInfo().parent;
  const changed = new Set<number>();
  let decisions = 0;
  let sending: Promise<void> | null = null;
  let isWanted = false;

  /** Answers how many tasks it told; none when the parent is gone: the sprint ends by its own rules. */
  const tell = async (workflowId: string): Promise<number> => {
    const { report, told } = createProgressReport(sprint, [...changed], decisions);
    for (const number of told) changed.delete(number);
    decisions = 0;
    try {
      await getExternalWorkflowHandle(workflowId).signal(toSignal(SPRINT_PROGRESS), report);
      return told.length;
    } catch {
      for (const number of told) changed.add(number);
      return 0;
    }
  };
  const deliver = async (workflowId: string): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await tell(workflowId);
    }
    sending = null;
  };
  return {
    note({ data }) {
      decisions += 1;
      const number = typeof data.task === 'string' ? sprint.index.taskNumber.get(data.task) : undefined;
      if (number !== undefined) changed.add(number);
    },
    send() {
      isWanted = true;
      if (parent) sending ??= deliver(parent.workflowId);
    },
    async close() {
      if (fitsOutcome(sprint, [...sprint.state.tasks.keys()])) return createOutcome(sprint, changed);
      // What is on its way must have come before the end, after which reports count no more.
      await sending;
      for (let told = 1; told > 0 && !fitsOutcome(sprint, [...changed]);) told = parent ? await tell(parent.workflowId) : 0;
      return createOutcome(sprint, changed);
    },
  };
}
