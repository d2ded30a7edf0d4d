import type { ExecutionEvent, ProgressReport } from '../domain/execution/events.ts';
import { toExecutionEvent } from '../domain/execution/commands.ts';
import { toReport } from '../domain/execution/report.ts';
import type { ExecutionState } from '../domain/execution/state.ts';
import { toAgentPage, toAuthorizationView, toStatusView, toTaskPage } from '../domain/execution/view.ts';
import type { Refusal } from '../domain/failure.ts';
import { agentStatusSchema, type CommandName } from '../domain/messages.ts';
import { checkShape } from '../domain/message-shape.ts';
import { toPage } from '../domain/page.ts';
import { parseMessage } from '../domain/parse-message.ts';
import { senderOf, toRefusedBody } from '../domain/refused-body.ts';
import { ok, type Result } from '../domain/result.ts';
import type { Accepted } from '../domain/views.ts';
import { openMailroom, type Mailroom } from './mailroom.ts';
import { AGENT_STATUS, SPRINT_PROGRESS } from './messages.ts';

/** Messages and queries of an execution; what is accepted goes to `take` as an event. */
export function openExecutionMailroom(state: ExecutionState, take: (event: ExecutionEvent) => void): Mailroom {
  const refuse = (name: string, raw: unknown, refusal: Refusal): void =>
    take({ type: 'messageRefused', at: Date.now(), name, by: senderOf(raw), refusal, body: toRefusedBody(raw) });
  const takeCommand = (name: CommandName, raw: unknown): Result<Accepted, Refusal> => {
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
    const body = parseMessage(agentStatusSchema, raw);
    if (!body.ok) return refuse(name, raw, body.error);
    take({ type: 'statusesForwarded', at: Date.now(), reports: body.value.reports as { agent_id?: unknown }[] });
  };
  const takeProgress = (raw: unknown): void => {
    if (isProgressReport(raw)) take({ type: 'sprintProgressed', at: Date.now(), ...raw });
    else refuse(SPRINT_PROGRESS, raw, { type: 'InvalidMessage', message: 'expected the progress report of a sprint' });
  };
  return openMailroom({
    takeCommand,
    takeSignal,
    checkShape,
    signals: [
      { name: AGENT_STATUS, description: 'Statuses of agents: {reports: [{agent_id, status, …}]}; passed on to the sprints at work' },
      { name: SPRINT_PROGRESS, description: 'How a sprint stands; from the sprints of this execution only' },
    ],
    queries: {
      status: () => toStatusView(state),
      authorization: () => toAuthorizationView(state),
      tasks: (raw) => toTaskPage(state, raw),
      agents: (raw) => toAgentPage(state, raw),
      inbox: () => toStatusView(state).inbox,
      alerts: () => toStatusView(state).alerts,
      decisions: (raw) => toPage(state.decisions.length, raw, (position) => state.decisions[position]),
      report: () => toReport(state),
    },
  });
}

/** Anyone can send a signal: what does not look like a report of a sprint is refused. */
function isProgressReport(raw: unknown): raw is ProgressReport {
  if (typeof raw !== 'object' || raw === null) return false;
  const { progress, changed, decisions } = raw as Partial<ProgressReport>;
  return isProgress(progress) && isListOf(changed, 'id') && isListOf(decisions, 'event');
}

function isProgress(progress: unknown): boolean {
  if (typeof progress !== 'object' || progress === null) return false;
  const { sprintId, phase, progressPercentage, tasks, agents, alerts, inbox, coordination } = progress as Record<string, unknown>;
  const isFlat = typeof sprintId === 'string' && typeof phase === 'string' && typeof progressPercentage === 'number';
  const hasParts = typeof tasks === 'object' && tasks !== null && typeof coordination === 'object' && coordination !== null;
  return isFlat && hasParts && isListOf(agents, 'agent_id') && isListOf(alerts, 'id') && isListOf(inbox, 'itemId');
}

const isListOf = (list: unknown, key: string): boolean =>
  Array.isArray(list) && list.every((item) => typeof (item as Record<string, unknown> | null)?.[key] === 'string');
