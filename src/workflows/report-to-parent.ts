import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { createOutcome, createProgressReport } from '../domain/execution/progress-report.ts';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import type { Packable } from '../domain/packed.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { stow } from './packing.ts';
import { SPRINT_PROGRESS, toSignal } from './messages.ts';

export interface ParentReporter {
  /** Notes what the next report must tell. */
  note(decision: { readonly data: JsonObject }): void;
  /** Sends a report now, or right after the one on its way. */
  send(): void;
  /** The last word, about all tasks. */
  close(): Promise<Packable<SprintOutcome>>;
}

/** Tells the execution how its sprint stands; one report at a time, the next one holds whatever has changed meanwhile. */
export function createParentReporter(sprint: Sprint): ParentReporter {
  const parent = workflowInfo().parent;
  const changed = new Set<number>();
  let decisions = 0;
  let sending: Promise<void> | null = null;
  let isWanted = false;

  /** Of no effect when the parent is gone: the sprint ends by its own rules. */
  const tell = async (workflowId: string): Promise<void> => {
    const { report, told } = createProgressReport(sprint, [...changed], decisions);
    for (const number of told) changed.delete(number);
    decisions = 0;
    try {
      await getExternalWorkflowHandle(workflowId).signal(toSignal(SPRINT_PROGRESS), report);
    } catch {
      for (const number of told) changed.add(number);
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
    close: () => stow(createOutcome(sprint)),
  };
}
