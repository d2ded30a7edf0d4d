import type { Task } from '../../../src/domain/plan/plan.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import { canAfford, isSprintHeld } from '../../../src/domain/sprint/budget-holds.ts';
import { checkConflicts } from './conflict-invariants.ts';
import { clash } from './lease-clash.ts';
import { checkMeasures, rememberMeasures, type MeasuresBefore } from './measure-invariants.ts';
import { isEscalating, isHeldByEscalation } from '../../../src/domain/sprint/escalations.ts';
import { isThrottled } from '../../../src/domain/sprint/measures.ts';
import { checkEmergencies, isServed } from './random-emergencies.ts';
import { isReallocating } from '../../../src/domain/sprint/moves.ts';
import { isCandidate } from '../../../src/domain/sprint/sprint-index.ts';
import { isAtWork, isFinal, isTaskEnded, type AgentRun, type TaskRun } from '../../../src/domain/sprint/state.ts';
import type { SprintEffect } from '../../../src/domain/sprint/events.ts';
import { nextWakeUp } from '../../../src/domain/sprint/timers.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { checkBudgets, rememberBudgets, type BudgetsBefore } from './budget-invariants.ts';
import { must } from './rule.ts';

/** What was there before an event, as far as the rules speak of changes. */
export interface Before {
  readonly attempts: readonly number[];
  readonly states: readonly TaskRun['state'][];
  readonly tokens: ReadonlyMap<string, number>;
  readonly budgets: BudgetsBefore;
  readonly measures: MeasuresBefore;
}

export const remember = (sprint: Sprint): Before => toBefore(sprint, sprint.state);

const toBefore = (sprint: Sprint, state: Sprint['state']): Before => ({
  attempts: state.tasks.map(({ attempt }) => attempt),
  states: state.tasks.map((run) => run.state),
  tokens: new Map(state.resources.map(({ token }, number) => [sprint.index.resourceIds[number] as string, token])),
  budgets: rememberBudgets(sprint),
  measures: rememberMeasures(sprint),
});

/** Everything that must hold after each event, found by brute force from the plan, not from the indexes of the sprint. */
export function checkInvariants(sprint: Sprint, before: Before, effects: readonly SprintEffect[]): void {
  checkStarts(sprint, before, effects);
  checkEnds(sprint, before, effects);
  checkCounters(sprint);
  checkLeases(sprint, before);
  checkWorkConserving(sprint);
  checkEmergencies(sprint, effects);
  checkMeasures(sprint, before);
  checkInbox(sprint);
  checkBounds(sprint);
  checkConflicts(sprint);
  checkMail(sprint);
  checkBudgets(sprint, before.budgets);
  checkMoves(sprint, before);
}

/** What is being moved is known on both sides, waits for nobody else, is not moved too often, and comes back to nobody. */
function checkMoves(sprint: Sprint, before: Before): void {
  const { state, definition } = sprint;
  const open = Object.values(state.reallocations ?? {});
  for (const { n, task } of open) {
    const { state: phase, moves } = runOf(sprint, task);
    must(moves?.open === n && !isTaskEnded(phase), () => `reallocation ${n} is of a task that is ${phase}, or has another`);
  }
  const queued = new Set(state.ready.flat());
  for (const [number, { moves, agent, attempt }] of state.tasks.entries()) {
    if (moves === undefined) continue;
    const { id } = spec(sprint, number);
    const mine = open.find(({ n }) => n === moves.open);
    must(moves.open === null || mine?.task === number, () => `${id} waits for a reallocation that is not there`);
    must(!moves.isHeld || (mine !== undefined && !queued.has(number)), () => `${id} is held for nothing, or queued all the same`);
    must(moves.count <= (definition.reallocation?.limit ?? 0), () => `${id} was moved ${moves.count} times`);
    const isNew = attempt > (before.attempts[number] ?? 0);
    must(!isNew || !mine || !moves.tried.includes(agent as number), () => `${id} goes in circles`);
  }
}

/** What is kept is counted right and lies in boxes, and neither grows without bound. */
function checkMail({ state: { mail } }: Sprint): void {
  if (mail === null) return;
  const kept = Object.entries(mail.kept);
  const bytes = kept.reduce((sum, [, message]) => sum + message.bytes, 0);
  must(bytes === mail.bytes && bytes <= 256 * 1024, () => `mail: ${mail.bytes} bytes kept, ${bytes} counted`);
  const entries = Object.values(mail.boxes).flat();
  for (const [sequence, { boxes }] of kept) {
    const lying = entries.filter((entry) => entry.sequence === Number(sequence)).length;
    must(lying === boxes && lying > 0, () => `message ${sequence} lies in ${lying} boxes, ${boxes} counted`);
  }
  for (const [box, inside] of Object.entries(mail.boxes)) {
    const sequences = inside.map(({ sequence }) => sequence);
    must(inside.length <= 20 && new Set(sequences).size === inside.length, () => `${box} holds ${sequences.join()}`);
    must(
      sequences.every((sequence, place) => sequence > (sequences[place - 1] ?? 0)),
      () => `${box} is in no order: ${sequences.join()}`,
    );
  }
  must(Object.keys(mail.requests).length <= 200, () => 'too many requests are open');
}

const spec = ({ index }: Sprint, number: number): Task => index.tasks[number] as Task;
const runOf = ({ state }: Sprint, number: number): TaskRun => state.tasks[number] as TaskRun;
const numberOf = ({ definition }: Sprint, id: string): number => definition.sprint.tasks.findIndex((task) => task.id === id);
const agentOf = (sprint: Sprint, number: number): AgentProfile =>
  sprint.definition.agents[runOf(sprint, number).agent as number] as AgentProfile;

const isGathered = ({ definition, state }: Sprint, agentId: string): boolean =>
  definition.sprint.checkpoints.some(
    ({ agents }, number) => state.checkpoints[number]?.state === 'gathering' && agents.includes(agentId),
  );

function checkStarts(sprint: Sprint, before: Before, effects: readonly SprintEffect[]): void {
  const { state } = sprint;
  const attempts: string[] = [];
  for (const [number, { attempt }] of state.tasks.entries()) {
    const grown = attempt - (before.attempts[number] ?? 0);
    must(grown === 0 || grown === 1, () => `attempts of ${spec(sprint, number).id} grow by one, not by ${grown}`);
    if (grown === 0) continue;
    checkStart(sprint, number);
    if (agentOf(sprint, number).kind === 'command') attempts.push(`${spec(sprint, number).id}#${attempt}`);
  }
  const performed = effects.flatMap((effect) =>
    effect.type === 'perform' ? [`${effect.input.task.id}#${effect.input.attempt}`] : [],
  );
  const [told, started] = [performed.toSorted().join(), attempts.toSorted().join()];
  must(told === started, () => `each started attempt of a program is performed once: ${started}; told: ${told}`);
}

function checkStart(sprint: Sprint, number: number): void {
  const { state } = sprint;
  const { id, dependsOn, cancelled } = spec(sprint, number);
  must(!cancelled, () => `${id} starts after it was cancelled`);
  must(!state.hold?.tasks.includes(number), () => `${id} starts before its change is authorized`);
  must(
    // A budget without anybody to ask may end the sprint in the very step in which it started something else.
    state.started && (state.phase === 'running' || typeof state.budgets?.failedBecause === 'string'),
    () => `${id} starts while ${state.started ? state.phase : 'nothing has started'}`,
  );
  for (const { task } of dependsOn) {
    must(runOf(sprint, numberOf(sprint, task)).state === 'done', () => `${id} starts before ${task} is done`);
  }
  const agent = state.agents[runOf(sprint, number).agent as number] as AgentRun;
  must(agent.active && agent.available, () => `${id} starts with an agent that is away or inactive`);
  must(agent.busy <= agent.capacity, () => `${id} overloads its agent: ${agent.busy} of ${agent.capacity}`);
  must(!isGathered(sprint, agentOf(sprint, number).id), () => `${id} starts with an agent that a checkpoint gathers`);
}

function checkEnds(sprint: Sprint, before: Before, effects: readonly SprintEffect[]): void {
  const reopened = new Set(
    effects.flatMap((effect) => (effect.type === 'journal' && effect.event === 'taskReopened' ? [effect.data['task']] : [])),
  );
  for (const [number, { state }] of sprint.state.tasks.entries()) {
    const was = before.states[number] ?? 'waiting';
    const mayChange = !isTaskEnded(was) || reopened.has(spec(sprint, number).id);
    must(mayChange || state === was, () => `${spec(sprint, number).id} had ended ${was} and is ${state}`);
  }
}

function checkCounters(sprint: Sprint): void {
  const { state, definition } = sprint;
  const count = (holds: (run: TaskRun) => boolean): number => state.tasks.reduce((sum, run) => sum + (holds(run) ? 1 : 0), 0);
  const equal = (what: string, kept: number, counted: number): void =>
    must(kept === counted, () => `${what}: ${kept} kept, ${counted} counted`);
  equal(
    'running',
    state.running,
    count((run) => isAtWork(run.state)),
  );
  equal(
    'ended',
    state.ended,
    count((run) => isTaskEnded(run.state)),
  );
  equal(
    'failed',
    state.failed,
    count((run) => run.state === 'failed'),
  );
  for (const [number, { busy }] of state.agents.entries()) {
    equal(
      `busy ${definition.agents[number]?.id}`,
      busy,
      count((run) => isAtWork(run.state) && run.agent === number),
    );
  }
  for (const [number, run] of state.tasks.entries()) {
    const { dependsOn, id } = spec(sprint, number);
    const open = dependsOn.filter(({ task }) => runOf(sprint, numberOf(sprint, task)).state !== 'done');
    equal(`dependencies that ${id} waits for`, run.waitsFor, open.length);
    must(
      run.waitsFor === 0 || (!isAtWork(run.state) && run.state !== 'done'),
      () => `${id} is ${run.state} before its dependencies`,
    );
    must(!isAtWork(run.state) || (run.retryAt === null && run.endedAt === null), () => `${id} is at work and has ended`);
  }
}

/** Tasks that use each resource if they ran together; a contingency may put one in a place where the task has it already. */
function countUsers(sprint: Sprint, tasks: readonly number[]): Map<string, number> {
  const users = new Map<string, number>();
  for (const number of tasks) {
    for (const id of new Set(spec(sprint, number).resources.map((need) => need.id))) users.set(id, (users.get(id) ?? 0) + 1);
  }
  return users;
}

/** Whether one more task could run beside those at work, by the plan alone. */
function fits(sprint: Sprint, busy: readonly number[], number: number): boolean {
  if (busy.some((other) => clash(spec(sprint, number), spec(sprint, other))) || !isServed(sprint, number)) return false;
  const users = countUsers(sprint, [...busy, number]);
  return spec(sprint, number).resources.every(({ id }) => (users.get(id) as number) <= capacityOf(sprint, id));
}

const capacityOf = ({ definition }: Sprint, id: string): number => new Map(Object.entries(definition.resources)).get(id) ?? 1;

const atWork = ({ state }: Sprint): number[] => state.tasks.flatMap((run, number) => (isAtWork(run.state) ? [number] : []));

function checkLeases(sprint: Sprint, before: Before): void {
  const busy = atWork(sprint);
  for (const [place, a] of busy.entries()) {
    for (const b of busy.slice(place + 1))
      must(!clash(spec(sprint, a), spec(sprint, b)), () => `${spec(sprint, a).id} and ${spec(sprint, b).id} run together`);
  }
  for (const [id, users] of countUsers(sprint, busy)) {
    must(users <= capacityOf(sprint, id), () => `${id} has ${users} users and capacity ${capacityOf(sprint, id)}`);
  }
  for (const [number, { token, held, count }] of sprint.state.resources.entries()) {
    const tokens = held.map((lease) => lease.token);
    must(
      new Set(tokens).size === count && tokens.length === count,
      () => `resource ${number}: ${count} leases with tokens ${tokens.join()}`,
    );
    must(
      token >= Math.max(before.tokens.get(sprint.index.resourceIds[number] as string) ?? 0, ...tokens),
      () => `resource ${number}: its token fell to ${token}`,
    );
  }
}

/** While running no task that could start is left waiting. */
function checkWorkConserving(sprint: Sprint): void {
  const { state, definition } = sprint;
  if (state.phase !== 'running' || !state.started || isThrottled(sprint) || isSprintHeld(sprint)) return;
  const busy = atWork(sprint);
  const free = definition.agents.filter(({ id }, number) => {
    const agent = state.agents[number] as AgentRun;
    return (
      definition.sprint.agents.includes(id) &&
      agent.active &&
      agent.available &&
      agent.busy < agent.capacity &&
      !agent.isOverBudget &&
      !isGathered(sprint, id)
    );
  });
  if (free.length === 0) return;
  for (const [number, run] of state.tasks.entries()) {
    const isHeld = isHeldByEscalation(sprint, number) || run.moves?.isHeld || run.isHeld || state.hold?.tasks.includes(number);
    if (run.state !== 'waiting' || run.waitsFor > 0 || run.retryAt !== null || isHeld) continue;
    const candidate = free.find(
      (agent) => isCandidate(spec(sprint, number), agent) && canAfford(sprint, number, definition.agents.indexOf(agent)),
    );
    must(
      !candidate || !fits(sprint, busy, number),
      () => `${spec(sprint, number).id} waits, though ${candidate?.id} could do it`,
    );
  }
}

function checkInbox(sprint: Sprint): void {
  const { state } = sprint;
  for (const [id, item] of Object.entries(state.inbox)) {
    must(
      item.itemId === id && item.deadlineMs > state.now && item.otherwise !== '',
      () => `${id} has no deadline ahead, or no end`,
    );
    const hasTimer = state.timers.some(({ kind, ref, at }) => kind === 'item' && ref === id && at === item.deadlineMs);
    must(hasTimer, () => `nothing will remember the deadline of ${id}`);
  }
  for (const number of atWork(sprint)) {
    const itemId = `${spec(sprint, number).id}#${runOf(sprint, number).attempt}`;
    must(
      agentOf(sprint, number).kind === 'command' || itemId in state.inbox,
      () => `${itemId} waits for a person and is not in the inbox`,
    );
  }
  if (isFinal(state.phase)) must(Object.keys(state.inbox).length === 0, () => 'the sprint has ended and still waits for people');
  else if (state.started && state.running === 0 && !state.hold)
    must(
      nextWakeUp(state) !== null || isEscalating(sprint) || isReallocating(sprint) || state.rollback !== null,
      () => 'nothing is at work and nothing will ever happen',
    );
}

function checkBounds({ state }: Sprint): void {
  must(state.decisions.length <= 400 && state.alerts.length <= 100, () => 'decisions or alerts grow with time');
  must(state.timers.length <= 2 * state.timersKept + 65, () => `${state.timers.length} timers, ${state.timersKept} of them kept`);
  must(
    state.tasks.every(({ feedback, answers }) => feedback.length <= 10 && answers.length <= 20),
    () => 'feedback or answers grow with time',
  );
}
