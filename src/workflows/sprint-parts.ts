import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { toDetailsMarkdown } from '../domain/execution/details-markdown.ts';
import { amendDefinition } from '../domain/sprint/amended-definition.ts';
import { fromCarriedState } from '../domain/sprint/carried-state.ts';
import { toPerform } from '../domain/sprint/attempt-input.ts';
import { createSprint } from '../domain/sprint/create-sprint.ts';
import type { SprintEffect, SprintEvent } from '../domain/sprint/events.ts';
import { evolve } from '../domain/sprint/evolve.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { toSprintStatusView } from '../domain/sprint/view.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { createAttemptLauncher } from './attempt-launcher.ts';
import { createExposure } from './exposure.ts';
import { createLanes } from './lanes.ts';
import { createLedgerWriter, type LedgerWriter } from './ledger-writer.ts';
import type { ElsewhereSignal } from './messages.ts';
import { createOrderSearches, type OrderSearches } from './order-search.ts';
import { createProcedureChildren, type ProcedureChildren } from './procedures.ts';
import { createProbeWatch, type ProbeWatch } from './probe-watch.ts';
import { createParentReporter, type ParentReporter } from './report-to-parent.ts';
import { createRunLimits } from './run-limits.ts';
import { createRunningAttempts, type RunningAttempts } from './running-attempts.ts';
import type { SprintInput } from './sprint-input.ts';
import { openSprintMailroom } from './sprint-mailroom.ts';

/** Attempts of a lane before a fresh one is opened beside it: about 8,000 events. */
const LANE_CAPACITY = 2_000;

export type OpenSprint = ReturnType<typeof openSprint>;

/** A sprint with everything that it works with, as the run before has left it, or fresh. Sets every handler. */
export function openSprint(input: SprintInput) {
  const { carried = null, continueAfterEvents, heartbeatTimeoutMs } = input;
  const { executionId, ownerId } = input.definition;
  const sprint = toSprint(input);
  const happened: SprintEvent[] = [];
  const happen = (event: SprintEvent): void => void happened.push(event);
  const cancel = (): void => happen({ type: 'cancelRequested', at: Date.now() });
  const publish = createSprintPublisher(input, sprint);
  const take = (event: SprintEvent): void => {
    for (const effect of evolve(sprint, event)) carryOut(hands, effect);
  };
  const direct = createRunningAttempts(heartbeatTimeoutMs, happen);
  const isShortRun = continueAfterEvents !== null;
  const capacity = isShortRun ? Math.ceil(continueAfterEvents / 4) : LANE_CAPACITY;
  const lanes = createLanes({ ownerId, heartbeatTimeoutMs, isShortRun, capacity, carried: carried?.lanes ?? null }, happen);
  const reporting = { key: input.key, carried: carried?.news ?? null, isShortRun, onGone: cancel, happen };
  const parent = createParentReporter(sprint, reporting);
  const limits = createRunLimits(
    () => continueAfterEvents,
    () => mailroom.received,
  );
  const attempts = createAttemptLauncher({ direct, lanes }, limits, happen);
  const ledger = createLedgerWriter(executionId, ownerId, carried?.ledger);
  const searches = createOrderSearches(sprint, happen);
  const procedures = createProcedureChildren(ownerId, happen, carried?.procedures);
  const probes = createProbeWatch(sprint, { key: input.key, heartbeatTimeoutMs, isCarried: carried !== null }, take);
  const hands: Hands = { attempts, procedures, ledger, parent, probes, searches, publish };
  const clock = createAlarmClock();
  for (const { taskId } of carried?.waiting ?? []) attempts.start(toPerform(sprint, numberOf(sprint, taskId)));
  // Last: what has come before the handlers were there is taken at once.
  const mailroom = openSprintMailroom(sprint, {
    take,
    takeResults: lanes.takeResults,
    takeWord: procedures.takeWord,
    takeProbeChanges: probes.takeChanges,
    takeElsewhere: createElsewhereTaker(input.key, take),
    checkOwner: () => checkOwner(parent, procedures),
    workflowId: workflowInfo().workflowId,
    key: input.key,
  });
  return {
    /** The definition that the first run was given. */
    given: input.definition,
    sprint,
    happened,
    take,
    cancel,
    publish,
    direct,
    lanes,
    attempts,
    limits,
    mailroom,
    ledger,
    parent,
    probes,
    procedures,
    searches,
    clock,
  };
}

function checkOwner(parent: ParentReporter, procedures: ProcedureChildren): void {
  parent.send();
  procedures.ask();
}

/** Takes what the execution tells of other sprints' budgets; answers false for what has not its key. */
function createElsewhereTaker(ownKey: string, take: (event: SprintEvent) => void): (raw: unknown) => boolean {
  return (raw) => {
    const { key, accounts } = (raw ?? {}) as Partial<ElsewhereSignal>;
    if (key !== ownKey || accounts === undefined) return false;
    take({ type: 'spentElsewhere', at: Date.now(), accounts });
    return true;
  };
}

/** Fresh, or as the run before has left it, its definition as amended since. */
function toSprint({ definition, carried }: SprintInput): Sprint {
  if (!carried) return createSprint(definition, Date.now());
  return fromCarriedState(carried.amendment ? amendDefinition(definition, carried.amendment) : definition, carried.state);
}

const numberOf = ({ index }: Sprint, taskId: string): number => index.taskNumber.get(taskId) as number;

/** What effects are carried out with. */
interface Hands {
  readonly attempts: RunningAttempts;
  readonly procedures: ProcedureChildren;
  readonly ledger: LedgerWriter;
  readonly parent: ParentReporter;
  readonly probes: ProbeWatch;
  readonly searches: OrderSearches;
  readonly publish: () => void;
}

function carryOut({ attempts, procedures, ledger, parent, probes, searches, publish }: Hands, effect: SprintEffect): void {
  switch (effect.type) {
    case 'perform':
      return attempts.start(effect);
    case 'cancelAttempt':
      return attempts.cancel(effect.taskId, effect.attempt);
    case 'journal':
      ledger.add(effect);
      return parent.note(effect);
    case 'proposeAmendment':
      return parent.propose(effect.proposal);
    case 'startProcedure':
      return procedures.start(effect);
    case 'tellProcedure':
      return procedures.tell(effect);
    case 'watchProbes':
      return probes.start();
    case 'searchOrder':
      return searches.start(effect.search);
    case 'report':
      publish();
      return parent.send();
  }
}

function createSprintPublisher({ definition, project, planHash, searchAttributes }: SprintInput, sprint: Sprint): () => void {
  const expose = createExposure();
  return () => {
    const status = toSprintStatusView(sprint);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, inbox } = status;
    expose({ phase, needsPerson: inbox.length > 0, project, sprint: definition.sprint.id, planHash }, searchAttributes);
  };
}
