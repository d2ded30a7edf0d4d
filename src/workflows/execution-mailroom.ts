import type { ExecutionEvent } from '../domain/execution/events.ts';
import { toExecutionEvent, toStatusesEvent } from '../domain/execution/commands.ts';
import { toMessageEvent } from '../domain/execution/outside-messages.ts';
import { toProgressEvent } from '../domain/execution/progress-schema.ts';
import { toReport } from '../domain/execution/report.ts';
import type { ExecutionState } from '../domain/execution/state.ts';
import {
  toAgentPage,
  toAlertsView,
  toAuthorizationView,
  toInboxView,
  toStatusView,
  toTaskPage,
} from '../domain/execution/view.ts';
import type { Refusal } from '../domain/failure.ts';
import type { CommandName } from '../domain/messages.ts';
import { checkShape } from '../domain/message-shape.ts';
import { toPage } from '../domain/page.ts';
import { senderOf, toRefusedBody } from '../domain/refused-body.ts';
import { ok } from '../domain/result.ts';
import type { AmendmentIntake } from './amendment-intake.ts';
import { openMailroom, type Mailroom } from './mailroom.ts';
import {
  AGENT_STATUS,
  AMENDMENT_PROPOSED,
  CHECK_OWNER,
  MESSAGE,
  MESSAGE_DESCRIPTION,
  SPRINT_OUTCOME,
  SPRINT_PROGRESS,
} from './messages.ts';
import { PROCEDURE_WORD } from './procedure-messages.ts';
import type { ProcedureChildren } from './procedures.ts';
import type { SprintChildren } from './sprint-children.ts';

const NO_PROCEDURE: Refusal = { type: 'InvalidMessage', message: 'it is from no rollback or escalation of this execution' };
const NO_SPRINT: Refusal = { type: 'UnknownSprint', message: 'it is from no sprint at work of this execution' };

export interface ExecutionMailroomOptions {
  /** Takes what is accepted as an event. */
  readonly take: (event: ExecutionEvent) => void;
  /** Logs what is refused. */
  readonly refuse: Refuse;
  readonly amendments: Pick<AmendmentIntake, 'take'>;
  readonly children: Pick<SprintChildren, 'hear' | 'takeOutcome' | 'takeProposal'>;
  readonly procedures: Pick<ProcedureChildren, 'ask' | 'takeWord'>;
}

export type Refuse = (name: string, raw: unknown, refusal: Refusal) => void;

export const createRefuser =
  (take: ExecutionMailroomOptions['take']): Refuse =>
  (name, raw, refusal) =>
    take({ type: 'messageRefused', at: Date.now(), name, by: senderOf(raw), refusal, body: toRefusedBody(raw) });

/** Messages and queries of an execution. */
export function openExecutionMailroom(
  state: ExecutionState,
  { take, refuse, amendments, children, procedures }: ExecutionMailroomOptions,
): Mailroom {
  const takeCommand = (name: CommandName, raw: unknown): ReturnType<AmendmentIntake['take']> => {
    if (name === 'amendPlan') return amendments.take(raw);
    const event = toExecutionEvent(state, name, raw, Date.now());
    if (!event.ok) {
      refuse(name, raw, event.error);
      return event;
    }
    take(event.value);
    return ok({ accepted: true, phase: state.phase, note: state.reason });
  };
  const takeSignal = (name: string, raw: unknown): void => {
    if (name === SPRINT_PROGRESS) return takeProgress(raw);
    if (name === CHECK_OWNER) return procedures.ask();
    if (name === PROCEDURE_WORD) return procedures.takeWord(raw) ? undefined : refuse(name, raw, NO_PROCEDURE);
    if (name === SPRINT_OUTCOME) return children.takeOutcome(raw) ? undefined : refuse(name, raw, NO_SPRINT);
    if (name === AMENDMENT_PROPOSED) return children.takeProposal(raw) ? undefined : refuse(name, raw, NO_SPRINT);
    const event = name === MESSAGE ? toMessageEvent(state, raw, Date.now()) : toStatusesEvent(raw, Date.now());
    if (event.ok) take(event.value);
    else refuse(name, raw, event.error);
  };
  const takeProgress = (raw: unknown): void => {
    const event = toProgressEvent(state, raw, Date.now());
    if (event.ok) {
      children.hear(event.value.progress.sprintId);
      take(event.value);
    } else refuse(SPRINT_PROGRESS, raw, event.error);
  };
  return openMailroom({
    takeCommand,
    takeSignal,
    checkShape,
    signals: [
      {
        name: AGENT_STATUS,
        description: 'Statuses of agents: {reports: [{agent_id, status, …}]}; passed on to the sprints at work',
      },
      { name: MESSAGE, description: `${MESSAGE_DESCRIPTION}; passed on to the sprints at work` },
      { name: SPRINT_PROGRESS, description: 'How a sprint stands; from the sprints of this execution only' },
      { name: CHECK_OWNER, description: 'Look whether rollback and escalations are still there' },
      { name: PROCEDURE_WORD, description: 'What a rollback or an escalation says; from those of this execution only' },
      { name: AMENDMENT_PROPOSED, description: 'What an escalation has decided; from the sprints of this execution only' },
      { name: SPRINT_OUTCOME, description: 'How a sprint ended; from the sprints of this execution only' },
    ],
    queries: {
      status: () => toStatusView(state),
      authorization: () => toAuthorizationView(state),
      tasks: (raw) => toTaskPage(state, raw),
      agents: (raw) => toAgentPage(state, raw),
      inbox: () => toInboxView(state),
      alerts: () => toAlertsView(state),
      decisions: (raw) => toPage(state.decisions.length, raw, (position) => state.decisions[position]),
      report: () => toReport(state),
    },
  });
}
