import { toSprintDefinition, type Delivered, type Earlier, type SprintDefinition } from '../sprint/definition.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import { isTaskEnded } from '../sprint/state.ts';
import { wholeBoundMs } from '../sprint/whole-bound.ts';
import { ownValue } from '../own-value.ts';
import { estimateOf, type Condition } from '../plan/plan.ts';
import type { Prepared, ResolvedPlan } from '../prepared.ts';
import type { TaskCounts } from '../views.ts';
import { elsewhereOf, tellElsewhere } from './budgets.ts';
import { awaitsAmendment } from './amendments/pending-item.ts';
import type { ProgressReport } from './events.ts';
import { earlierMessages } from './forwarding.ts';
import { tellProgress, tellSprintEnd, tellTask } from './notices.ts';
import { predecessors, standingOf, tasksOf } from './standings.ts';
import type { ExecutionState, SprintOutcome, SprintStanding, TaskNews } from './state.ts';
import { decide, keepDecisions, type ExecutionTurn } from './turn.ts';

export function toStandings({ resolved }: Prepared): SprintStanding[] {
  return resolved.plan.sprints.map(({ id }) => ({ id, state: 'waiting', progress: null, ...measureSprint(resolved, id) }));
}

/** By its estimates. */
export function measureSprint(resolved: ResolvedPlan, id: string): Pick<SprintStanding, 'lengthMs' | 'workMs'> {
  const definition = toSprintDefinition(resolved, { executionId: '', ownerId: '', sprintId: id, delivered: [] });
  const tasks = definition.sprint.tasks.filter(({ cancelled }) => !cancelled);
  const workMs = tasks.reduce((sum, task) => sum + estimateOf(task), 0);
  const sprint = { ...definition.sprint, tasks };
  return { lengthMs: Math.ceil(wholeBoundMs({ ...definition, sprint })), workMs };
}

/** Starts each sprint whose predecessors have completed, while running; skips each whose predecessor did not, in any phase. */
export function advanceSprints(turn: ExecutionTurn): void {
  const { state } = turn;
  if (!state.authorization.documented) return;
  const before = predecessors(state);
  // A skipped sprint lets others be skipped, wherever the plan lists them.
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const sprint of state.sprints) {
      if (sprint.state === 'waiting' && advance(turn, sprint, before.get(sprint.id) as readonly SprintStanding[]))
        hasChanged = true;
    }
  }
}

function advance(turn: ExecutionTurn, sprint: SprintStanding, before: readonly SprintStanding[]): boolean {
  const { state, effects } = turn;
  const broken = before.find((one) => one.state === 'skipped' || (one.state === 'ended' && one.progress?.phase !== 'completed'));
  if (broken) {
    sprint.state = 'skipped';
    decide(turn, 'sprintSkipped', `sprint ${sprint.id} is skipped: sprint ${broken.id} did not complete`, { sprint: sprint.id });
    return true;
  }
  if (state.phase !== 'running' || awaitsAmendment(state, sprint.id) || before.some((one) => one.state !== 'ended')) return false;
  sprint.state = 'started';
  effects.push({ type: 'startSprint', sprintId: sprint.id, earlier: earlierMessages(state, sprint.id) });
  decide(turn, 'sprintStarted', `sprint ${sprint.id} starts${sprint.earlier ? ' again' : ''}`, { sprint: sprint.id });
  return true;
}

export function takeProgress(turn: ExecutionTurn, { progress, changed, decisions }: ProgressReport): void {
  const { state } = turn;
  const sprint = standingOf(state, progress.sprintId);
  if (!sprint || sprint.state !== 'started') return;
  tellProgress(turn, sprint.progress, progress);
  const before = sprint.progress;
  sprint.progress = progress;
  tellElsewhere(turn, before, progress);
  takeNews(turn, sprint.id, changed);
  keepDecisions(state, [...decisions]);
}

/** Of tasks that the sprint has; the ids of a plan are the only keys that `tasks` ever gets. */
function takeNews(turn: ExecutionTurn, sprintId: string, news: readonly TaskNews[]): void {
  if (news.length === 0) return;
  const { state } = turn;
  const own = new Map(tasksOf(state, sprintId).map(({ id, title }) => [id, title]));
  for (const task of news) {
    const title = own.get(task.id);
    if (title === undefined) continue;
    tellTask(turn, { sprintId, title, before: ownValue(state.tasks, task.id)?.state }, task);
    state.tasks[task.id] = task;
  }
}

export function takeOutcome(turn: ExecutionTurn, { sprintId, progress, tasks, reassigned = {} }: SprintOutcome): void {
  const sprint = standingOf(turn.state, sprintId);
  if (!sprint || sprint.state !== 'started') return;
  tellProgress(turn, sprint.progress, progress);
  endStanding(turn.state, sprint);
  const before = sprint.progress;
  sprint.progress = progress;
  tellElsewhere(turn, before, progress);
  takeNews(turn, sprintId, tasks);
  keepReassigned(turn.state, sprintId, reassigned);
  tellSprintEnd(turn, progress);
  const why = progress.reason ? `: ${progress.reason}` : '';
  decide(turn, 'sprintEnded', `sprint ${sprintId} ${progress.phase}${why}`, { sprint: sprintId, phase: progress.phase });
}

/** What was decided last in the sprint itself holds for its next round, too, should it be rolled back and begin again. */
function keepReassigned(state: ExecutionState, sprintId: string, reassigned: Readonly<Record<string, string>>): void {
  for (const { id: taskId } of tasksOf(state, sprintId)) {
    const agentId = ownValue(reassigned, taskId);
    if (agentId === undefined || ownValue(state.reassignments ?? {}, taskId)?.agentId === agentId) continue;
    const reason = 'so it was decided in its last round';
    (state.reassignments ??= {})[taskId] = { by: `sprint ${sprintId}`, taskId, agentId, reason, force: true };
  }
}

function endStanding({ sprints }: ExecutionState, sprint: SprintStanding): void {
  sprint.state = 'ended';
  sprint.endedAs = 1 + Math.max(0, ...sprints.map(({ endedAs = 0 }) => endedAs));
}

/** A sprint that ended without an outcome, terminated by hand for example: what it told of its tasks is what is known; the rest is not done. */
export function takeLoss(turn: ExecutionTurn, sprintId: string, reason: string): void {
  const { state } = turn;
  const sprint = standingOf(state, sprintId);
  if (!sprint || sprint.state !== 'started') return;
  endStanding(state, sprint);
  const phase = state.cancelling ? 'cancelled' : 'failed';
  for (const { id } of tasksOf(state, sprintId)) {
    const news = ownValue(state.tasks, id);
    if (news && !isTaskEnded(news.state))
      state.tasks[id] = { ...news, state: 'cancelled', endedAt: state.now, reason: `sprint ${sprintId} was lost` };
  }
  sprint.progress = {
    ...(sprint.progress ?? { progressPercentage: 0, alerts: [], coordination: NOTHING_TOLD }),
    sprintId,
    phase,
    reason,
    agents: [],
    inbox: [],
    forecastCompletion: null,
    tasks: countLost(state, sprint),
  };
  tellSprintEnd(turn, sprint.progress);
  decide(turn, 'sprintEnded', `sprint ${sprintId} ${phase}: ${reason}`, { sprint: sprintId, phase });
}

const NOTHING_TOLD: SprintProgress['coordination'] = { checkpoints: [], leases: [], inactiveAgents: [], drained: null };

function countLost(state: ExecutionState, { id, progress }: SprintStanding): TaskCounts {
  const total = tasksOf(state, id).length;
  const { done, failed, skipped } = progress?.tasks ?? { done: 0, failed: 0, skipped: 0 };
  return { total, waiting: 0, running: 0, blocked: 0, done, failed, cancelled: total - done - failed - skipped, skipped };
}

/** What the child workflow of a sprint is to do, with what earlier sprints delivered of that which it mentions. */
export function toChildDefinition(state: ExecutionState, sprintId: string, ownerId: string): SprintDefinition {
  const { resolved } = state.prepared as Prepared;
  const delivered = deliveredBefore(state, sprintId);
  const elsewhere = elsewhereOf(state, sprintId);
  const earlier = toEarlier(standingOf(state, sprintId)?.earlier);
  const { executionId } = state;
  const definition = toSprintDefinition(resolved, { executionId, ownerId, sprintId, delivered, elsewhere, earlier });
  const mentioned = new Set(definition.sprint.tasks.flatMap((task) => task.dependsOn.map((dependency) => dependency.task)));
  for (const { when } of definition.triggers) for (const task of tasksIn(when)) mentioned.add(task);
  return { ...definition, delivered: delivered.filter(({ task }) => mentioned.has(task)) };
}

const toEarlier = (rounds: Earlier | undefined): Earlier | null =>
  rounds ? { rounds: rounds.rounds, attempts: rounds.attempts, why: rounds.why } : null;

function tasksIn(when: Condition): readonly string[] {
  if ('all' in when) return when.all.flatMap(tasksIn);
  if ('any' in when) return when.any.flatMap(tasksIn);
  if ('task' in when) return [when.task];
  return 'deliverable' in when ? [when.of] : [];
}

/** Delivered work of all sprints before the given one, at any distance. */
export function deliveredBefore(state: ExecutionState, sprintId: string): Delivered[] {
  const before = predecessors(state);
  const earlier = new Set<string>();
  const open = [sprintId];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { id } of before.get(next) as readonly SprintStanding[]) {
      if (!earlier.has(id)) open.push(id);
      earlier.add(id);
    }
  }
  const tasks = state.sprints.flatMap(({ id }) => (earlier.has(id) ? tasksOf(state, id) : []));
  return tasks.flatMap(({ id }) => {
    const news = ownValue(state.tasks, id);
    return news?.state === 'done' ? [{ task: id, deliverables: news.deliverables }] : [];
  });
}

/** How many of the attempts at work have been drained by the last stop, of all sprints together; null when nothing was stopped. */
export function countDrained(state: ExecutionState): { done: number; of: number } | null {
  const drains = state.sprints.flatMap(({ progress }) => progress?.coordination.drained ?? []);
  if (drains.length === 0) return null;
  return drains.reduce((sum, { done, of }) => ({ done: sum.done + done, of: sum.of + of }), { done: 0, of: 0 });
}
