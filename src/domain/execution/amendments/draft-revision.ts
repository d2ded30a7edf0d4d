import type { Budget } from '../../budget.ts';
import type { Refusal } from '../../failure.ts';
import { jsonBytes } from '../../json-size.ts';
import type { AmendPlan } from '../../messages.ts';
import { amendPlan, type AmendedPlan } from '../../plan/amendment/amend-plan.ts';
import type { Json } from '../../plan/plan.ts';
import { declaredUsage } from '../../plan/plan-budgets.ts';
import { planHash } from '../../plan/plan-hash.ts';
import { resolvePlan, toFactsOfPlans, type WorkerFacts } from '../../plan/resolved-plan.ts';
import type { Prepared, ResolvedPlan } from '../../prepared.ts';
import { err, ok, type Result } from '../../result.ts';
import type { AgentProfile } from '../../roster.ts';
import { formatProblems, type Problem } from '../../source/problem.ts';
import { forecastCompletion } from '../forecast.ts';
import { standingOf } from '../standings.ts';
import type { ExecutionState } from '../state.ts';
import { toIso } from '../../iso-time.ts';
import { differencesOf } from './plan-difference.ts';
import { toPlanStanding } from './plan-standing.ts';
import { forecastRest } from './rest-forecast.ts';
import type { AmendmentEffect, Revision } from './revision.ts';
import { toSprintAmendment } from './sprint-part.ts';
import { toFigures, voidingReasons } from './thresholds.ts';

/** A signal of 256 KiB is the most that should travel. */
const MAX_BYTES = 200 * 1024;
const MAX_PROBLEMS_TOLD = 50;

const NOTHING: Refusal = { type: 'InvalidPlan', message: 'the changes leave the plan as it is: nothing to amend' };
export const isNothingToAmend = (refusal: Refusal): boolean => refusal === NOTHING;

/** The plan as amended with all that follows from it, or why it cannot be. Changes nothing. */
export function draftRevision(state: ExecutionState, { by, changes, reason }: AmendPlan): Result<Revision, Refusal> {
  const prepared = state.prepared as Prepared;
  const { resolved } = prepared;
  const workerFacts = toWorkerFacts(prepared);
  if (jsonBytes(changes) > MAX_BYTES) return tooLarge('the changes', jsonBytes(changes));
  const amended = amendResolved(state, changes, workerFacts);
  if (!amended.ok) return err(toRefusal(amended.error));
  const { next } = amended.value;
  const broken = findBrokenOrder(state, resolved, next);
  if (broken) return err({ type: 'InvalidPlan', message: broken });
  const differences = differencesOf(resolved, next);
  if (differences.length === 0) return err(NOTHING);
  const revision = (state.amendments?.count ?? 0) + 1;
  const parts = state.sprints.flatMap(({ id, state: now }) => {
    const amendment = now === 'started' ? toSprintAmendment(state, next, id, { revision, restart: amended.value.restart }) : null;
    return amendment ? [{ sprintId: id, amendment }] : [];
  });
  const large = parts.find(({ amendment }) => jsonBytes(amendment) > MAX_BYTES);
  if (large) return tooLarge(`what changes in sprint ${large.sprintId}`, jsonBytes(large.amendment));
  const [before, after] = [toFigures(resolved), toFigures(next)];
  return ok({
    revision,
    by,
    reason: reason ?? null,
    changes: changes as Json[],
    resolved: next,
    planHash: planHash(next),
    previousHash: prepared.planHash,
    differences,
    effect: { ...toEffect(state, next), workMsBefore: before.workMs, workMsAfter: after.workMs },
    voids: voidingReasons(state.amendments?.authorized ?? before, after, resolved.authorization),
    sprints: parts,
    touchedSprints: [
      ...new Set([...differences.flatMap(({ sprint }) => sprint ?? []), ...parts.map(({ sprintId }) => sprintId)]),
    ],
  });
}

/** The amended plan, and what it is by the roster. */
function amendResolved(
  state: ExecutionState,
  changes: unknown,
  workerFacts: WorkerFacts,
): Result<AmendedPlan & { readonly next: ResolvedPlan }, Problem[]> {
  const facts = toFactsOfPlans(workerFacts);
  const { plan } = (state.prepared as Prepared).resolved;
  const amended = amendPlan(plan, changes, { facts, standing: toPlanStanding(state) });
  if (!amended.ok) return amended;
  const { agentBudgets } = amended.value;
  const agents = workerFacts.agents.map((agent) =>
    agentBudgets.has(agent.id) ? withBudget(agent, agentBudgets.get(agent.id)) : agent,
  );
  const next = resolvePlan(amended.value.plan, { ...workerFacts, agents });
  return next.ok ? ok({ ...amended.value, next: next.value }) : next;
}

function withBudget(agent: AgentProfile, amended: Budget | undefined): AgentProfile {
  const { budget: _, ...profile } = agent;
  return amended === undefined ? profile : { ...profile, budget: amended };
}

const tooLarge = (what: string, bytes: number): Result<never, Refusal> =>
  err({ type: 'TooLarge', message: `${what} take ${bytes} bytes; the limit is ${MAX_BYTES}: amend in several steps` });

const toRefusal = (problems: readonly Problem[]): Refusal => ({
  type: 'InvalidPlan',
  message: formatProblems(problems.slice(0, MAX_PROBLEMS_TOLD)),
  problems,
});

/** The roster as the plan was prepared with: those that it uses, and those that it may still take. */
function toWorkerFacts({ resolved, spare }: Prepared): WorkerFacts {
  const { agents, checks, resources, authorization, policies } = resolved;
  const watched = spare?.watched ?? resolved.watched;
  return {
    agents: [...agents, ...(spare?.agents ?? []).filter(({ id }) => !agents.some((used) => used.id === id))],
    checks: [...checks, ...(spare?.checks ?? []).filter(({ id }) => !checks.some((used) => used.id === id))],
    channels: spare?.channels ?? [],
    ...(watched ? { watched } : {}),
    resources: spare?.resources ?? Object.entries(resources).map(([id, capacity]) => ({ id, capacity })),
    authorization,
    policies: spare?.budget ? { ...policies, budget: spare.budget } : policies,
  };
}

/** Sprints under way cannot be put in order any more, which sharing something would ask for. */
function findBrokenOrder(state: ExecutionState, { order: before }: ResolvedPlan, { order }: ResolvedPlan): string | null {
  const known = new Set(before.map((edge) => `${edge.before}/${edge.after}`));
  const broken = order.find((edge) => {
    if (known.has(`${edge.before}/${edge.after}`) || standingOf(state, edge.after)?.state !== 'started') return false;
    return standingOf(state, edge.before)?.state !== 'ended';
  });
  if (!broken) return null;
  return `sprint ${broken.after} is under way and would have to wait for sprint ${broken.before}: ${broken.reason}`;
}

/** Of sprints under way the forecast is what they have told, moved by the difference that the amendment makes to their rest. */
function toEffect(state: ExecutionState, next: ResolvedPlan): Omit<AmendmentEffect, 'workMsBefore' | 'workMsAfter'> {
  const { resolved } = state.prepared as Prepared;
  const sprints = state.sprints.map((sprint) => {
    if (sprint.state !== 'started' && sprint.state !== 'waiting') return sprint;
    const [old, now] = [resolved, next].map(({ plan }) => plan.sprints.find(({ id }) => id === sprint.id));
    if (old === now) return sprint;
    const moreMs = forecastRest(state, next, sprint.id) - forecastRest(state, resolved, sprint.id);
    const { progress } = sprint;
    const told = Date.parse(progress?.forecastCompletion ?? '');
    const moved = Number.isFinite(told) ? toIso(Math.max(state.now, told + moreMs)) : null;
    return {
      ...sprint,
      lengthMs: Math.max(0, sprint.lengthMs + moreMs),
      progress: progress ? { ...progress, forecastCompletion: moved } : null,
    };
  });
  const [budgetBefore, budgetAfter] = [declaredUsage(resolved.plan), declaredUsage(next.plan)];
  const isLimited = Object.keys(budgetBefore).length + Object.keys(budgetAfter).length > 0;
  return {
    ...(isLimited ? { budgetBefore, budgetAfter } : {}),
    forecastBefore: forecastCompletion(state),
    forecastAfter: forecastCompletion({ ...state, sprints, prepared: { ...(state.prepared as Prepared), resolved: next } }),
  };
}
