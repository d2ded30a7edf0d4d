import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { createOutcome, createProgressReport } from '../domain/execution/progress-report.ts';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import type { Packable } from '../domain/packed.ts';
import type { SprintEvent } from '../domain/sprint/events.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import type { ProposedAmendment } from '../domain/sprint/proposals.ts';
import {
  AMENDMENT_PROPOSED,
  SPRINT_OUTCOME,
  SPRINT_PROGRESS,
  toSignal,
  type OutcomeSignal,
  type ProposalSignal,
} from './messages.ts';
import { stow } from './packing.ts';
import { isGone, speakEveryMs } from './sign-of-life.ts';

export interface ParentReporter {
  /** Notes what the next report must tell. */
  note(decision: { readonly data: JsonObject }): void;
  /** Sends a report now, or right after the one on its way. */
  send(): void;
  /** Asks for an amendment of the plan; that it cannot be had, because nobody hears of it, is an event. */
  propose(proposal: ProposedAmendment): void;
  /** A report, or a proposal, is on its way. */
  readonly isBusy: boolean;
  /** When the execution must hear something, be it only that the sprint is there (Unix ms). */
  readonly dueAt: number;
  /** The last word, about all tasks. */
  close(): Promise<Packable<SprintOutcome>>;
  carry(): CarriedNews;
}

/** What one run has not told yet, as it hands it to the next. */
export interface CarriedNews {
  /** Numbers of tasks. */
  readonly changed: readonly number[];
  readonly decisions: number;
  readonly isWanted: boolean;
}

export interface ParentReporterOptions {
  /** Proves to the execution that the outcome is its sprint's. */
  readonly key: string;
  readonly carried: CarriedNews | null;
  /** See `sign-of-life.ts`. */
  readonly isShortRun: boolean;
  /** The execution is closed, and this sprint with it. */
  readonly onGone: () => void;
  readonly happen: (event: SprintEvent) => void;
}

/** Tells the execution how its sprint stands; one report at a time, the next one holds whatever has changed meanwhile. */
export function createParentReporter(
  sprint: Sprint,
  { key, carried, isShortRun, onGone, happen }: ParentReporterOptions,
): ParentReporter {
  const changed = new Set<number>(carried?.changed);
  let decisions = carried?.decisions ?? 0;
  let isWanted = false;
  let sending: Promise<void> | null = null;
  let proposing = 0;
  const { signal, ...line } = openLine(onGone);
  const tellProposal = async (proposal: ProposedAmendment): Promise<void> => {
    proposing += 1;
    const payload: ProposalSignal = { key, sprintId: sprint.definition.sprint.id, proposal };
    const hasCome = await signal(AMENDMENT_PROPOSED, payload);
    proposing -= 1;
    if (!hasCome)
      happen({ type: 'proposalSettled', at: Date.now(), proposal: proposal.n, why: 'the execution cannot be reached' });
  };
  const tell = async (): Promise<void> => {
    const { report, told } = createProgressReport(sprint, [...changed], decisions);
    for (const number of told) changed.delete(number);
    decisions = 0;
    if (await signal(SPRINT_PROGRESS, report)) return;
    for (const number of told) changed.add(number);
  };
  const deliver = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await tell();
    }
    sending = null;
  };
  const send = (): void => {
    isWanted = true;
    sending ??= deliver();
  };
  if (carried?.isWanted) send();
  return {
    note({ data }) {
      decisions += 1;
      const number = typeof data.task === 'string' ? sprint.index.taskNumber.get(data.task) : undefined;
      if (number !== undefined) changed.add(number);
    },
    send,
    propose: (proposal) => void tellProposal(proposal),
    get isBusy() {
      return sending !== null || proposing > 0;
    },
    get dueAt() {
      return line.spokeAt() + speakEveryMs(isShortRun);
    },
    async close() {
      const outcome = await stow(createOutcome(sprint));
      // By signal, too: the run of the execution that would hear of the result may be over.
      await signal(SPRINT_OUTCOME, { key, sprintId: sprint.definition.sprint.id, outcome } satisfies OutcomeSignal);
      return outcome;
    },
    carry: () => ({ changed: [...changed], decisions, isWanted }),
  };
}

/** Signals to the execution. */
function openLine(onGone: () => void) {
  const parentId = workflowInfo().parent?.workflowId ?? '';
  let spokeAt = Date.now();
  return {
    spokeAt: () => spokeAt,
    /** Answers whether it has come. */
    async signal(name: string, payload: unknown): Promise<boolean> {
      spokeAt = Date.now();
      try {
        await getExternalWorkflowHandle(parentId).signal(toSignal(name), payload);
        return true;
      } catch (error) {
        if (isGone(error)) onGone();
        return false;
      }
    },
  };
}
