import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PrepareInput } from '../activities/prepare.ts';
import { toDetailsMarkdown } from '../domain/execution/details-markdown.ts';
import type { ExecutionEffect, ExecutionEvent } from '../domain/execution/events.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { createExecution, type ExecutionState } from '../domain/execution/state.ts';
import { toStatusView } from '../domain/execution/view.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { createAmendmentIntake } from './amendment-intake.ts';
import { createRefuser, openExecutionMailroom } from './execution-mailroom.ts';
import { createExposure } from './exposure.ts';
import { createLedgerWriter, type CarriedLedger } from './ledger-writer.ts';
import { createRunLimits } from './run-limits.ts';
import { createProcedureChildren, type CarriedProcedures } from './procedures.ts';
import { createSprintChildren, type CarriedSprints } from './sprint-children.ts';
import { tellPeople } from './tell-people.ts';

/** Of the first run, or of one that goes on where another has left off. */
export type ExecutionInput = Omit<PrepareInput, 'executionId'> | { readonly carried: ExecutionCarried };

/** Everything that a run of an execution hands to the next, plain JSON. */
export interface ExecutionCarried {
  readonly state: ExecutionState;
  readonly sprints: CarriedSprints;
  readonly ledger: CarriedLedger;
  /** Absent when none is under way. */
  readonly procedures?: CarriedProcedures;
  /** The authorization is being written to the ledger. */
  readonly isDocumenting: boolean;
}

export type OpenExecution = ReturnType<typeof openExecution>;

/** An execution with everything that it works with. Sets every handler. */
export function openExecution(input: ExecutionInput) {
  const executionId = workflowInfo().workflowId;
  const carried = 'carried' in input ? input.carried : null;
  const state = carried?.state ?? createExecution(executionId, Date.now());
  const happened: ExecutionEvent[] = [];
  const happen = (event: ExecutionEvent): void => void happened.push(event);
  const children = createSprintChildren(state, happen, carried?.sprints);
  const procedures = createProcedureChildren(executionId, happen, carried?.procedures);
  const ledger = createLedgerWriter(executionId, executionId, carried?.ledger);
  const take = (event: ExecutionEvent): void => {
    for (const effect of evolveExecution(state, event)) carryOut(effect);
  };
  const limits = createRunLimits(
    () => state.prepared?.continueAfterEvents ?? null,
    () => mailroom.received,
  );
  let isDocumenting = false;
  const document = (): void => {
    isDocumenting = true;
    void ledger.flush().then(() => {
      isDocumenting = false;
      happen({ type: 'documented', at: Date.now() });
    });
  };

  function carryOut(effect: ExecutionEffect): void {
    switch (effect.type) {
      case 'startSprint':
        return children.start(effect.sprintId, effect.earlier);
      case 'forward':
        return children.forward(effect.name, effect.payload, effect.sprintIds);
      case 'amendSprint':
        return children.amend(effect.sprintId, effect.letter);
      case 'cancelSprints':
        return children.cancel(effect.sprintIds);
      case 'startProcedure':
        return procedures.start(effect);
      case 'tellProcedure':
        return procedures.tell(effect);
      case 'journal':
        return ledger.add(effect);
      case 'document':
        return document();
      case 'notify':
        return void tellPeople(effect).then((results) => happen({ type: 'channelsTold', at: Date.now(), results }));
    }
  }
  const refuse = createRefuser(take);
  const amendments = createAmendmentIntake(state, { take, refuse: (raw, refusal) => refuse('amendPlan', raw, refusal) });
  // Last: what has come before the handlers were there is taken at once.
  const mailroom = openExecutionMailroom(state, { take, refuse, amendments, children, procedures });
  const clock = createAlarmClock();
  const publish = createExecutionPublisher(state);
  const resume = (from: ExecutionCarried): void => (from.isDocumenting ? document() : undefined);
  const carry = (): ExecutionCarried => {
    const open = procedures.carry();
    const kept = { state, sprints: children.carry(), ledger: ledger.carry(), isDocumenting };
    return open.length === 0 ? kept : { ...kept, procedures: open };
  };
  return { state, happened, take, amendments, publish, children, procedures, ledger, mailroom, limits, clock, resume, carry };
}

function createExecutionPublisher(state: ExecutionState): () => void {
  const expose = createExposure();
  return () => {
    const status = toStatusView(state);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, project, planHash, inbox } = status;
    expose({ phase, project, planHash, needsPerson: inbox.length > 0, sprint: null }, state.prepared?.searchAttributes ?? false);
  };
}
