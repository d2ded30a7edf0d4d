import { toDetailsMarkdown } from '../../../src/domain/execution/details-markdown.ts';
import type { ExecutionEffect, ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { allItems } from '../../../src/domain/execution/inbox.ts';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toReport, toResult } from '../../../src/domain/execution/report.ts';
import { isExecutionFinal, type ExecutionState } from '../../../src/domain/execution/state.ts';
import { toAgentPage, toAuthorizationView, toStatusView, toTaskPage } from '../../../src/domain/execution/view.ts';
import { must } from '../sprint/rule.ts';
import { checkEscalations } from './random-escalations.ts';

interface Before {
  readonly phase: ExecutionState['phase'];
  readonly endedAt: number | null;
  readonly standings: readonly ExecutionState['sprints'][number]['state'][];
}

/** What of a state the rules compare with the next one. */
export const remember = ({ phase, endedAt, sprints }: ExecutionState): Before => ({
  phase,
  endedAt,
  standings: sprints.map(({ state }) => state),
});

interface Step {
  readonly before: Before;
  readonly state: ExecutionState;
  readonly effects: readonly ExecutionEffect[];
  readonly event: ExecutionEvent;
}

const ORDER = { waiting: 0, started: 1, skipped: 2, ended: 2 } as const;

/** What holds after every event, whatever it was. */
export function checkRules(step: Step): void {
  const { before, state, effects, event } = step;
  must(
    !isExecutionFinal(before.phase) || (state.phase === before.phase && state.endedAt === before.endedAt),
    () => `${before.phase} is final: ${event.type}`,
  );
  must(
    !isExecutionFinal(before.phase) || effects.every(({ type }) => type === 'journal' || type === 'notify'),
    () => 'after the end nothing is done but told',
  );
  must(isExecutionFinal(state.phase) === (state.endedAt !== null), () => 'an end has its time');
  must(
    !isExecutionFinal(state.phase) || state.sprints.every((one) => one.state !== 'started'),
    () => `no sprint outlives ${state.phase}`,
  );
  checkStarts(step);
  checkAuthorization(state);
  checkInbox(state);
  checkEscalations(state);
  checkBounds(state);
}

function checkStarts({ before, state, effects }: Step): void {
  for (const effect of effects) {
    if (effect.type !== 'startSprint') continue;
    const id = effect.sprintId;
    must(state.authorization.documented, () => `${id} starts before the authorization is documented`);
    must(state.phase === 'running' && !state.cancelling, () => `${id} starts while ${state.phase}`);
    for (const edge of state.prepared?.resolved.order ?? []) {
      if (edge.after !== id) continue;
      const earlier = state.sprints.find((one) => one.id === edge.before);
      must(
        earlier?.state === 'ended' && earlier.progress?.phase === 'completed',
        () => `${id} starts before ${edge.before} completed`,
      );
    }
  }
  checkGround(state);
  const isBack = effects.some((one) => one.type === 'journal' && one.event === 'sprintRolledBack');
  for (const [place, { id, state: now }] of state.sprints.entries()) {
    const then = before.standings[place] ?? 'waiting';
    const isOnward = ORDER[now] >= ORDER[then] && (ORDER[then] < 2 || now === then);
    must(isOnward || isBack, () => `${id} went from ${then} to ${now}`);
    must(
      now !== 'started' || then !== 'waiting' || effects.some((one) => one.type === 'startSprint' && one.sprintId === id),
      () => `${id} has started unseen`,
    );
  }
}

/** No sprint is at work on what is not done, or not any more: what a rollback undoes has nothing left that builds on it. */
function checkGround({ prepared, rollback, sprints }: ExecutionState): void {
  for (const { before, after } of prepared?.resolved.order ?? []) {
    const [ground, sprint] = [before, after].map((id) => sprints.find((one) => one.id === id));
    const isEnding = rollback?.sprintIds.includes(after) === true;
    must(
      sprint?.state !== 'started' || isEnding || (ground?.state === 'ended' && ground.progress?.phase === 'completed'),
      () => `${after} is at work, and ${before} is ${ground?.state}`,
    );
    must(!rollback?.sprintIds.includes(before) || sprint?.state !== 'started' || isEnding, () => `${after} builds on ${before}`);
  }
}

function checkAuthorization({ authorization, prepared, phase }: ExecutionState): void {
  const { approvals, granted, documented, policy } = authorization;
  must(new Set(approvals.map(({ by }) => by)).size === approvals.length, () => 'approvals are of distinct people');
  must(approvals.length <= (policy?.required ?? 0), () => 'no more approvals than required');
  must(
    policy?.mode !== 'named' || approvals.every(({ by }) => policy.approvers.includes(by)),
    () => 'approvals are of approvers',
  );
  must(granted === (policy !== null && approvals.length === policy.required), () => 'granted by the quorum and nothing else');
  must(!documented || granted, () => 'only what is granted is documented');
  must(
    !['running', 'paused', 'completed', 'failed'].includes(phase) || documented,
    () => `${phase} without a documented authorization`,
  );
  must(
    phase === 'preparing' || prepared !== null || ['stopping', 'stopped', 'cancelled'].includes(phase),
    () => `${phase} without a plan`,
  );
}

function checkInbox(state: ExecutionState): void {
  const { phase, inbox } = state;
  const expected = {
    paused: ['paused'],
    stopped: ['stopped'],
    awaitingAuthorization: state.authorization.granted ? [] : ['authorization'],
  } as Record<string, string[]>;
  const asked = Object.values(inbox).map(({ itemId, kind }) => (phase === 'rollingBack' && kind === 'rollback' ? '' : itemId));
  must(asked.join() === (expected[phase] ?? []).join(), () => `${phase} asks for ${Object.keys(inbox).join()}`);
  must(
    (phase === 'rollingBack') === (state.rollback !== undefined),
    () => `${phase}, and a rollback is ${state.rollback ? '' : 'not '}there`,
  );
  must(
    Object.values(inbox).every((one) => Number.isFinite(one.deadlineMs) && one.otherwise !== ''),
    () => 'every item has a deadline and an end',
  );
  const ids = allItems(state).map(({ itemId }) => itemId);
  must(new Set(ids).size === ids.length, () => `an item id is there twice: ${ids.join()}`);
}

function checkBounds(state: ExecutionState): void {
  must(state.decisions.length <= 500 && state.authorization.refusals.length <= 50, () => 'what is kept is bounded');
  const planned = new Set(state.prepared?.resolved.plan.sprints.flatMap(({ tasks }) => tasks.map(({ id }) => id)));
  must(
    Object.keys(state.tasks).every((id) => planned.has(id)),
    () => 'only tasks of the plan are kept',
  );
  must(Object.getPrototypeOf(state.tasks) === Object.prototype, () => 'no message changes a prototype');
}

/** What is shown of it. */
export function checkViews(state: ExecutionState): void {
  const status = toStatusView(state);
  must(status.progressPercentage >= 0 && status.progressPercentage <= 100, () => `progress ${status.progressPercentage}`);
  must(isExecutionFinal(state.phase) === false || status.forecastCompletion === null, () => 'no forecast after the end');
  const { total, ...parts } = status.tasks;
  if (!state.sprints.some(({ progress }) => progress))
    must(Object.values(parts).reduce((sum, one) => sum + one, 0) === total, () => 'counts add up');
  must(new TextEncoder().encode(toDetailsMarkdown(status)).length <= 20_000, () => 'details fit');
  must(
    toTaskPage(state, {}).total === status.tasks.total || state.sprints.some(({ progress }) => progress),
    () => 'every task is listed',
  );
  for (const answer of [
    status,
    toAuthorizationView(state),
    toTaskPage(state, {}),
    toAgentPage(state, null),
    toReport(state),
    toResult(state),
  ]) {
    must(JSON.stringify(JSON.parse(JSON.stringify(answer))) === JSON.stringify(answer), () => 'answers are plain JSON');
  }
  must(toReportMarkdown(toReport(state)).startsWith('# '), () => 'there is a report at any moment');
}
