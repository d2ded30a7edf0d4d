import { acknowledge, alertOf } from '../alerts.ts';
import { toIso } from '../iso-time.ts';
import type { Respond } from '../messages.ts';
import type { AlertView } from '../views.ts';
import { forwardAnswerTo } from './forwarding.ts';
import type { ExecutionState } from './state.ts';
import { decide, type ExecutionTurn } from './turn.ts';

/** Open alerts of the execution itself and of its sprints. */
export const allAlerts = ({ alerts, sprints }: ExecutionState): AlertView[] => [
  ...alerts,
  ...sprints.flatMap(({ state, progress }) => (state === 'started' ? (progress?.alerts ?? []) : [])),
];

/** Somebody has taken notice: of an alert of its own, or of one of its sprints, which hear of it. Answers whether it was about an alert. */
export function takeAcknowledgement(turn: ExecutionTurn, answer: Respond): boolean {
  const id = alertOf(answer);
  if (id === null) return false;
  const { state } = turn;
  if (state.alerts.some((alert) => alert.id === id)) {
    state.alerts = acknowledge(state.alerts, id, answer.by, toIso(state.now));
    decide(turn, 'alertAcknowledged', `${answer.by} has taken notice of the alert "${id}"`, { alert: id, by: answer.by });
  }
  const owners = state.sprints.filter(({ progress }) => progress?.alerts.some((alert) => alert.id === id));
  forwardAnswerTo(
    turn,
    answer,
    owners.map((sprint) => sprint.id),
  );
  return true;
}
