import { getExternalWorkflowHandle, uuid4, type ExternalWorkflowHandle } from '@temporalio/workflow';
import { SPENT_ELSEWHERE } from '../domain/execution/budgets.ts';
import type { EarlierMessage, ExecutionEvent } from '../domain/execution/events.ts';
import type { ExecutionState, SprintOutcome } from '../domain/execution/state.ts';
import type { SprintLetter } from '../domain/sprint/amendment-letter.ts';
import { sprintWorkflowId } from '../domain/ids.ts';
import { jsonBytes } from '../domain/json-size.ts';
import { AGENT_STATUS, SPRINT_AMENDMENT, toSignal, type OutcomeSignal, type ProposalSignal } from './messages.ts';
import { unstow } from './packing.ts';
import { whenRoom } from './payload-budget.ts';
import { isGone } from './sign-of-life.ts';
import { createSilence } from './silence.ts';
import { describeLoss, startSprint, type SprintHandle } from './start-sprint.ts';
import { tie } from './tether.ts';

export interface SprintChildren {
  start(sprintId: string, earlier: readonly EarlierMessage[]): void;
  forward(name: string, payload: unknown, sprintIds: readonly string[]): void;
  amend(sprintId: string, letter: SprintLetter): void;
  /** All of them by default. */
  cancel(sprintIds?: readonly string[]): void;
  /** The signal `sprintOutcome`; false when it is from no sprint of this execution. */
  takeOutcome(raw: unknown): boolean;
  /** The signal `amendmentProposed`; false when it is from no sprint of this execution. */
  takeProposal(raw: unknown): boolean;
  /** The sprint has said something. */
  hear(sprintId: string): void;
  /** When a sprint that has been silent for too long must be asked (Unix ms). */
  readonly dueAt: number | null;
  askSilent(now: number): void;
  /** Something is on its way to a sprint or from it: the run must not end. */
  readonly isBusy: boolean;
  carry(): CarriedSprints;
}

/** Key of each sprint at work, by its id, as one run hands it to the next. */
export type CarriedSprints = Readonly<Record<string, string>>;

type Happened = (event: ExecutionEvent) => void;

/**
 * The sprints of an execution as child workflows that outlive its runs; how each ends goes to `happened` as an event. The run that has
 * started one is told by the server, later runs by the sprint's own word, or by its silence.
 */
export function createSprintChildren(state: ExecutionState, happened: Happened, carried: CarriedSprints = {}): SprintChildren {
  const { keys, own, silence, inherited, end, lose, takeProposal } = createSprintBook(happened, carried, () => isShortRun(state));
  const addressOf = (sprintId: string): string => sprintWorkflowId(state.executionId, sprintId);
  let pending = 0;
  const during = async (work: Promise<void>): Promise<void> => {
    pending += 1;
    await work;
    pending -= 1;
  };
  /** A sprint that is being started hears everything after its start. */
  const reach = async (sprintId: string, call: (sprint: ExternalWorkflowHandle) => Promise<void>): Promise<void> => {
    try {
      await own.get(sprintId);
      await call(getExternalWorkflowHandle(addressOf(sprintId)));
      silence.hear(sprintId);
    } catch (error) {
      // Of its own the run is told by the server; a sprint of an earlier run would have said how it ended.
      if (isGone(error) && !own.has(sprintId)) lose(sprintId, 'it does not run any more');
    }
  };
  const send = (sprintId: string, name: string, payload: unknown): void =>
    void during(reach(sprintId, (sprint) => whenRoom(jsonBytes(payload), () => sprint.signal(toSignal(name), payload))));
  for (const sprintId of keys.keys()) tie(addressOf(sprintId));
  return {
    start(sprintId, earlier) {
      const key = uuid4();
      const handle = startSprint(state, { sprintId, key, earlier });
      keys.set(sprintId, key);
      own.set(sprintId, handle);
      void during(handle.then(() => tie(addressOf(sprintId))).catch(() => undefined));
      outcomeOf(handle).then(
        (outcome) => end(sprintId, { type: 'sprintEnded', at: Date.now(), outcome }),
        (error: unknown) => lose(sprintId, describeLoss(error)),
      );
    },
    forward: (name, payload, sprintIds) => sprintIds.forEach((id) => send(id, name, withKey(name, payload, keys.get(id)))),
    amend: (sprintId, letter) => send(sprintId, SPRINT_AMENDMENT, { key: keys.get(sprintId) ?? '', ...letter }),
    cancel: (sprintIds = [...keys.keys()]) =>
      sprintIds.forEach((sprintId) => void during(reach(sprintId, (sprint) => sprint.cancel()))),
    takeOutcome(raw) {
      const { key, sprintId = '', outcome } = (raw ?? {}) as Partial<OutcomeSignal>;
      if (key === undefined || outcome === undefined || keys.get(sprintId) !== key) return false;
      const take = async (): Promise<void> =>
        end(sprintId, { type: 'sprintEnded', at: Date.now(), outcome: await unstow(outcome) });
      // Of its own the run is about to be told by the server.
      const told = own.get(sprintId)?.then((sprint) => sprint.result());
      void during(told ? told.then(nothing, nothing) : take());
      return true;
    },
    takeProposal,
    hear: silence.hear,
    get dueAt() {
      return silence.dueAt(inherited());
    },
    askSilent(now) {
      for (const sprintId of inherited()) if (silence.isDue(sprintId, now)) send(sprintId, AGENT_STATUS, { reports: [] });
    },
    get isBusy() {
      return pending > 0;
    },
    carry: () => Object.fromEntries(keys),
  };
}

/** Only what the execution alone may say needs the key. */
const withKey = (name: string, payload: unknown, key: string | undefined): unknown =>
  name === SPENT_ELSEWHERE ? { ...(payload as object), key } : payload;
const outcomeOf = (handle: Promise<SprintHandle>): Promise<SprintOutcome> =>
  handle.then((sprint) => sprint.result()).then(unstow);

const nothing = (): void => undefined;

const isShortRun = ({ prepared }: ExecutionState): boolean => typeof prepared?.continueAfterEvents === 'number';

/** Which sprints are at work; each ends once. */
function createSprintBook(happened: Happened, carried: CarriedSprints, areRunsShort: () => boolean) {
  const keys = new Map(Object.entries(carried));
  /** Those that this run has started. */
  const own = new Map<string, Promise<SprintHandle>>();
  const silence = createSilence(areRunsShort);
  for (const sprintId of keys.keys()) silence.hear(sprintId);
  const end = (sprintId: string, event: ExecutionEvent): void => {
    if (!keys.delete(sprintId)) return;
    silence.forget(sprintId);
    happened(event);
  };
  const lose = (sprintId: string, reason: string): void =>
    end(sprintId, { type: 'sprintLost', at: Date.now(), sprintId, reason: `it ended without an outcome: ${reason}` });
  const inherited = (): string[] => [...keys.keys()].filter((sprintId) => !own.has(sprintId));
  const takeProposal = (raw: unknown): boolean => {
    const { key, sprintId = '', proposal } = (raw ?? {}) as Partial<ProposalSignal>;
    if (key === undefined || proposal === undefined || keys.get(sprintId) !== key) return false;
    happened({ type: 'amendmentProposed', at: Date.now(), proposal: { ...proposal, sprintId } });
    return true;
  };
  return { keys, own, silence, inherited, end, lose, takeProposal };
}
