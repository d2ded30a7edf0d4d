import { clip } from '../clip.ts';
import { elementAt } from '../lookup.ts';
import type { UndoResult, UndoStep } from './undo-step.ts';

/** Input of the child workflow `rollback`. */
export interface RollbackInput {
  readonly executionId: string;
  /** Folder below `rolled-back/` of the execution's artifacts, the same however often the child is started. */
  readonly folder: string;
  readonly title: string;
  /** In the order in which they are undone, newest first. */
  readonly steps: readonly UndoStep[];
}

/** What it tells its owner while it goes on: a step has failed, and it waits for a decision. */
export interface RollbackSaid {
  readonly type: 'stepFailed';
  readonly step: string;
  readonly task: string;
  readonly reason: string;
}

export const STEP_DECISIONS = ['retry', 'skip', 'abandon'] as const;
export type StepDecision = (typeof STEP_DECISIONS)[number];

/** A child that is lost so often is not started again by its owner. */
export const MAX_LOSSES = 3;

/** What its owner tells it about a step that has failed. */
export interface RollbackNews {
  readonly type: 'decided';
  readonly step: string;
  readonly decision: StepDecision;
  /** null: nobody has answered in time. */
  readonly by: string | null;
}

export interface RollbackOutcome {
  readonly how: 'done' | 'abandoned';
  /** Steps from the first on that have been undone or skipped. */
  readonly settled: number;
  /** How many of them were skipped. */
  readonly skipped: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** State of a rollback: plain JSON, changed in place. Times are Unix ms. */
export interface RollbackState {
  readonly input: RollbackInput;
  readonly startedAt: number;
  /** One per step that has been undone or skipped, in order. */
  readonly settled: SettledStep[];
  /** The step that has failed and waits for a decision. */
  failed: UndoResult | null;
  outcome: RollbackOutcome | null;
}

interface SettledStep extends UndoResult {
  readonly state: 'undone' | 'skipped';
}

export type RollbackEvent = { readonly at: number } & (
  | { readonly type: 'started' }
  /** Of the steps last asked for: all of them, or up to the first that failed. */
  | { readonly type: 'stepsEnded'; readonly results: readonly UndoResult[] }
  | { readonly type: 'heard'; readonly news: RollbackNews }
  /** Nobody is there any more to ask. */
  | { readonly type: 'ownerGone' }
);

export type RollbackEffect =
  | { readonly type: 'undo'; readonly steps: readonly UndoStep[] }
  | { readonly type: 'say'; readonly said: RollbackSaid };

const MAX_DETAIL = 1_000;
/** Steps without a command of their own that one activity undoes together. */
const MAX_TOGETHER = 50;

export const createRollback = (input: RollbackInput, now: number): RollbackState => ({
  input,
  startedAt: now,
  settled: [],
  failed: null,
  outcome: null,
});

/** One step: what is undone next, who is to be asked, or how it ended. Pure but for `state`. */
export function evolveRollback(state: RollbackState, event: RollbackEvent): RollbackEffect[] {
  if (state.outcome !== null) return [];
  switch (event.type) {
    case 'started':
      return goOn(state, event.at);
    case 'stepsEnded':
      return takeResults(state, event.results, event.at);
    case 'heard':
      return takeDecision(state, event.news, event.at);
    case 'ownerGone':
      if (state.failed !== null) end(state, 'abandoned', event.at);
      return [];
  }
}

function goOn(state: RollbackState, now: number): RollbackEffect[] {
  const steps = nextSteps(state);
  if (steps.length > 0) return [{ type: 'undo', steps }];
  end(state, 'done', now);
  return [];
}

/** The next one; where it has no command of its own, with those after it that have none either. */
function nextSteps({ input: { steps }, settled }: RollbackState): readonly UndoStep[] {
  const rest = steps.slice(settled.length, settled.length + MAX_TOGETHER);
  const [first] = rest;
  if (first === undefined || first.compensation) return rest.slice(0, 1);
  const end = rest.findIndex(({ compensation, queue }) => compensation !== undefined || queue !== first.queue);
  return end === -1 ? rest : rest.slice(0, end);
}

function takeResults(state: RollbackState, results: readonly UndoResult[], now: number): RollbackEffect[] {
  for (const result of results) {
    const clipped = { ...result, detail: clip(result.detail, MAX_DETAIL) };
    if (result.ok) state.settled.push({ ...clipped, state: 'undone' });
    else return fail(state, clipped);
  }
  return goOn(state, now);
}

function fail(state: RollbackState, result: UndoResult): RollbackEffect[] {
  state.failed = result;
  const { task } = elementAt(state.input.steps, state.settled.length);
  return [{ type: 'say', said: { type: 'stepFailed', step: result.id, task, reason: result.detail } }];
}

/** A decision about another step than the one that waits is late and counts for nothing. */
function takeDecision(state: RollbackState, { step, decision, by }: RollbackNews, now: number): RollbackEffect[] {
  const { failed } = state;
  if (failed?.id !== step) return [];
  if (decision === 'abandon') {
    end(state, 'abandoned', now);
    return [];
  }
  state.failed = null;
  if (decision === 'skip') {
    const detail = clip(`skipped by ${by ?? 'nobody'}: ${failed.detail}`, MAX_DETAIL);
    state.settled.push({ ...failed, state: 'skipped', detail, endedAt: now });
  }
  return goOn(state, now);
}

function end(state: RollbackState, how: RollbackOutcome['how'], now: number): void {
  const skipped = state.settled.filter((step) => step.state === 'skipped').length;
  state.outcome = { how, settled: state.settled.length, skipped, startedAt: state.startedAt, endedAt: now };
}
