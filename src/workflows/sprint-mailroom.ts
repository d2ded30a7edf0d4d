import type { z } from 'zod';
import { toRefusedBody, senderOf } from '../domain/refused-body.ts';
import { parseMessage } from '../domain/parse-message.ts';
import { toListedTask } from '../domain/listed-task.ts';
import { toPage } from '../domain/page.ts';
import { outsideMessageSchema, receiptSchema, sentMessageSchema } from '../domain/agent-message.ts';
import { agentStatusSchema, statusReportSchema, type CommandName } from '../domain/messages.ts';
import type { StatusReport } from '../domain/agent-status.ts';
import type { Refusal } from '../domain/failure.ts';
import { ok, type Result } from '../domain/result.ts';
import { SPENT_ELSEWHERE } from '../domain/execution/budgets.ts';
import { toAmendmentEvent } from '../domain/sprint/amendment-letter.ts';
import { toSprintEvent } from '../domain/sprint/commands.ts';
import type { SprintEvent } from '../domain/sprint/events.ts';
import { toMailbox } from '../domain/sprint/mailbox.ts';
import { toSprintInboxView, toSprintStatusView } from '../domain/sprint/view.ts';
import { toWrapUp } from '../domain/sprint/wrap-up.ts';
import { toAgentStatuses, toTaskView } from '../domain/sprint/progress.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import type { Accepted } from '../domain/views.ts';
import { checkShape } from '../domain/message-shape.ts';
import { LANE_RESULTS } from './lane-messages.ts';
import { openMailroom, type Mailroom } from './mailroom.ts';
import { PROCEDURE_WORD } from './procedure-messages.ts';
import { PROBE_CHANGES } from '../domain/emergencies/probe.ts';
import { AGENT_STATUS, CHECK_OWNER, MESSAGE, MESSAGE_DESCRIPTION, SPRINT_AMENDMENT } from './messages.ts';

export interface SprintMailroomOptions {
  /** Takes what is accepted as an event. */
  readonly take: (event: SprintEvent) => void;
  /** Takes what a lane sends; false when it is no lane of this sprint. */
  readonly takeResults: (raw: unknown) => boolean;
  /** Takes what the execution tells of other sprints' budgets; false when it is not from there. */
  readonly takeElsewhere: (raw: unknown) => boolean;
  /** Takes what a procedure says; false when it is none of this sprint. */
  readonly takeWord: (raw: unknown) => boolean;
  /** Takes what the watch of probes says; false when it is not that of this sprint. */
  readonly takeProbeChanges: (raw: unknown) => boolean;
  /** The execution, or a procedure, may be gone. */
  readonly checkOwner: () => void;
  readonly workflowId: string;
  /** Of this sprint and its execution. */
  readonly key: string;
}

/** Messages and queries of a sprint. */
export function openSprintMailroom(
  sprint: Sprint,
  { take, takeResults, takeWord, takeElsewhere, takeProbeChanges, checkOwner, workflowId, key }: SprintMailroomOptions,
): Mailroom {
  const takeCommand = (name: CommandName, raw: unknown): Result<Accepted, Refusal> => {
    const at = Date.now();
    const event = toSprintEvent(sprint, name, raw, at);
    if (!event.ok) {
      take({ type: 'messageRefused', at, name, by: senderOf(raw), refusal: event.error, body: toRefusedBody(raw) });
      return event;
    }
    take(event.value);
    return ok({ accepted: true, phase: sprint.state.phase, note: `taken by ${workflowId}` });
  };
  const takeSignal = (name: string, raw: unknown): void => {
    const at = Date.now();
    const refuse = (refusal: Refusal): void =>
      take({ type: 'messageRefused', at, name, by: null, refusal, body: toRefusedBody(raw) });
    if (name === CHECK_OWNER) return checkOwner();
    if (name === SPRINT_AMENDMENT) {
      const event = toAmendmentEvent(raw, key, at);
      return event ? take(event) : refuse(NO_EXECUTION);
    }
    if (name === LANE_RESULTS) return takeResults(raw) ? undefined : refuse(NO_LANE);
    if (name === PROCEDURE_WORD) return takeWord(raw) ? undefined : refuse(NO_PROCEDURE);
    if (name === MESSAGE) {
      const message = parseMessage(outsideMessageSchema, raw);
      return message.ok ? take({ type: 'messageReceived', at, message: message.value }) : refuse(message.error);
    }
    if (name === PROBE_CHANGES) return takeProbeChanges(raw) ? undefined : refuse(NO_WATCH);
    if (name === SPENT_ELSEWHERE) return takeElsewhere(raw) ? undefined : refuse(NOT_OWNER);
    const body = parseMessage(agentStatusSchema, raw);
    if (!body.ok) return refuse(body.error);
    const reports = body.value.reports.flatMap((report) => toReport(report) ?? []);
    take({ type: 'statusReported', at, reports });
    const messages = fitting(sentMessageSchema, body.value.messages);
    const receipts = fitting(receiptSchema, body.value.receipts);
    if (messages.length + receipts.length > 0) take({ type: 'messagesSent', at, messages, receipts });
  };
  const pageOf = <T>(items: readonly T[], raw: unknown) => toPage(items.length, raw, (position) => items[position] as T);
  return openMailroom({
    takeCommand,
    takeSignal,
    checkShape,
    signals: SIGNALS,
    queries: {
      status: () => toSprintStatusView(sprint),
      tasks: (raw) => toPage(sprint.state.tasks.length, raw, (number) => toListedTask(toTaskView(sprint, number))),
      agents: (raw) => pageOf(toAgentStatuses(sprint), raw),
      inbox: () => toSprintInboxView(sprint),
      alerts: () => sprint.state.alerts,
      decisions: (raw) => pageOf(sprint.state.decisions, raw),
      mailbox: (raw) => toMailbox(sprint, raw),
      wrapUp: (raw) => toWrapUp(sprint, raw),
    },
  });
}

const SIGNALS = [
  {
    name: AGENT_STATUS,
    description: 'Statuses of agents: {reports: [{agent_id, status, …}]}; from workers and outside agents',
  },
  { name: CHECK_OWNER, description: 'Look whether the execution and the procedures are still there' },
  { name: PROCEDURE_WORD, description: 'What a reallocation, escalation or rollback says; from those of this sprint only' },
  { name: MESSAGE, description: MESSAGE_DESCRIPTION },
  { name: LANE_RESULTS, description: 'How attempts ended; from the lanes of this sprint only' },
  { name: SPRINT_AMENDMENT, description: 'The plan has been amended; from the execution of this sprint only' },
  { name: PROBE_CHANGES, description: 'What probes show of resources and dependencies; from the worker that watches them only' },
  { name: SPENT_ELSEWHERE, description: 'What other sprints have used of shared budgets; from the execution only' },
] as const;

const NOT_OWNER: Refusal = { type: 'InvalidMessage', message: 'it is not from the execution of this sprint' };
const NO_WATCH: Refusal = { type: 'InvalidMessage', message: 'it is from no watch of probes of this sprint' };
const NO_LANE: Refusal = { type: 'InvalidMessage', message: 'it is from no lane that carries out attempts for this sprint' };

const NO_PROCEDURE: Refusal = { type: 'InvalidMessage', message: 'it is from no procedure of this sprint' };
/** Those that fit; the others are left out. */
const fitting = <T>(schema: z.ZodType<T>, items: readonly unknown[] | null | undefined): T[] =>
  (items ?? []).flatMap((item) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
const NO_EXECUTION: Refusal = { type: 'InvalidMessage', message: 'it is not from the execution: send amendPlan there' };

/** A report that does not fit is left out; the others of its batch count. */
function toReport(raw: unknown): StatusReport | null {
  const parsed = parseMessage(statusReportSchema, raw);
  if (!parsed.ok) return null;
  const {
    current_task,
    estimated_completion,
    blocking_issues,
    next_coordination_point,
    outputs_ready,
    task_id,
    attempt,
    question,
    usage,
    handover,
    silent,
    ...rest
  } = parsed.value;
  return {
    ...rest,
    current_task: current_task ?? null,
    estimated_completion: estimated_completion ?? null,
    blocking_issues: blocking_issues ?? [],
    next_coordination_point: next_coordination_point ?? null,
    outputs_ready: outputs_ready ?? [],
    ...(task_id === undefined ? {} : { task_id }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(question === undefined ? {} : { question }),
    ...(usage === undefined ? {} : { usage }),
    ...(handover === undefined ? {} : { handover }),
    ...(silent === undefined ? {} : { silent }),
  };
}
