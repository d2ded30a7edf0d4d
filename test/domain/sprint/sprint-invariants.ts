import { expect } from 'vitest';
import { isOverlapping } from '../../../src/domain/plan/declared-path.ts';
import { isCandidate } from '../../../src/domain/sprint/sprint-index.ts';
import { isAtWork, isFinal, isTaskEnded, MAX_IN_FLIGHT, type TaskRun } from '../../../src/domain/sprint/state.ts';
import type { SprintEffect } from '../../../src/domain/sprint/events.ts';
import { nextWakeUp } from '../../../src/domain/sprint/timers.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';

/** What was there before an event, as far as the rules speak of changes. */
export interface Before {
  readonly attempts: readonly number[];
  readonly states: readonly TaskRun['state'][];
  readonly tokens: readonly number[];
}

export const remember = ({ state }: Sprint): Before => ({
  attempts: state.tasks.map(({ attempt }) => attempt),
  states: state.tasks.map((run) => run.state),
  tokens: state.resources.map(({ token }) => token),
});

/** Everything that must hold after each event, found by brute force from the plan, not from the indexes of the sprint. */
export function checkInvariants(sprint: Sprint, before: Before, effects: readonly SprintEffect[]): void {
  checkStarts(sprint, before, effects);
  checkEnds(sprint, before);
  checkCounters(sprint);
  checkLeases(sprint, before);
  checkWorkConserving(sprint);
  checkInbox(sprint);
  checkBounds(sprint);
}

const spec = (sprint: Sprint, number: number) => sprint.definition.sprint.tasks[number] as Sprint['index']['tasks'][number];

function checkStarts(sprint: Sprint, before: Before, effects: readonly SprintEffect[]): void {
  const { state, definition } = sprint;
  const started = state.tasks.flatMap(({ attempt }, number) => {
    expect([0, 1], `attempts of ${spec(sprint, number).id} grow by one`).toContain(attempt - (before.attempts[number] ?? 0));
    return attempt > (before.attempts[number] ?? 0) ? [number] : [];
  });
  for (const number of started) {
    const { id } = spec(sprint, number);
    const run = state.tasks[number] as TaskRun;
    expect(state.started, `${id} starts only after the sprint has`).toBe(true);
    expect(state.phase, `${id} starts only while running`).toBe('running');
    for (const { task } of spec(sprint, number).dependsOn) {
      expect(state.tasks[sprint.index.taskNumber.get(task) as number]?.state, `${task} is done before ${id} starts`).toBe('done');
    }
    const agent = state.agents[run.agent as number];
    expect(agent, `the agent of ${id} may start work`).toMatchObject({ active: true, available: true, held: 0 });
    expect(agent?.busy, `the agent of ${id} is not overloaded`).toBeLessThanOrEqual(agent?.capacity ?? 0);
    const agentId = definition.agents[run.agent as number]?.id as string;
    const isGathered = definition.sprint.checkpoints.some(
      ({ agents }, checkpoint) => state.checkpoints[checkpoint]?.state === 'gathering' && agents.includes(agentId),
    );
    expect(isGathered, `no checkpoint gathers ${agentId} when ${id} starts`).toBe(false);
  }
  const performed = effects.flatMap((effect) => (effect.type === 'perform' ? [`${effect.input.task.id}#${effect.input.attempt}`] : []));
  const expected = started.filter((number) => definition.agents[state.tasks[number]?.agent as number]?.kind === 'command');
  const attempts = expected.map((number) => `${spec(sprint, number).id}#${state.tasks[number]?.attempt}`);
  expect(performed.toSorted(), 'each started attempt of a program is performed once').toEqual(attempts.toSorted());
}

function checkEnds(sprint: Sprint, before: Before): void {
  for (const [number, { state }] of sprint.state.tasks.entries()) {
    const was = before.states[number] as TaskRun['state'];
    if (isTaskEnded(was)) expect(state, `${spec(sprint, number).id} stays as it ended`).toBe(was);
  }
}

function checkCounters({ state, definition }: Sprint): void {
  const count = (holds: (run: TaskRun) => boolean): number => state.tasks.filter(holds).length;
  expect(state.running).toBe(count((run) => isAtWork(run.state)));
  expect(state.ended).toBe(count((run) => isTaskEnded(run.state)));
  expect(state.failed).toBe(count((run) => run.state === 'failed'));
  for (const [number, agent] of state.agents.entries()) {
    expect(agent.busy, `attempts of ${definition.agents[number]?.id}`).toBe(count((run) => isAtWork(run.state) && run.agent === number));
  }
  for (const [number, run] of state.tasks.entries()) {
    const { dependsOn, id } = definition.sprint.tasks[number] as Sprint['index']['tasks'][number];
    const open = dependsOn.filter(({ task }) => state.tasks[definition.sprint.tasks.findIndex((one) => one.id === task)]?.state !== 'done');
    expect(run.waitsFor, `dependencies that ${id} waits for`).toBe(open.length);
    if (isAtWork(run.state)) expect(run).toMatchObject({ retryAt: null, endedAt: null });
  }
}

function conflicts(sprint: Sprint, a: number, b: number): boolean {
  const [one, two] = [spec(sprint, a), spec(sprint, b)];
  const isClash = one.resources.some((need) => two.resources.some(({ id, mode }) => id === need.id && (mode === 'exclusive' || need.mode === 'exclusive')));
  return isClash || one.paths.some((path) => two.paths.some((other) => isOverlapping(path, other)));
}

/** Whether the tasks could run together, by the plan alone. */
function fit(sprint: Sprint, tasks: readonly number[]): boolean {
  if (tasks.some((a, place) => tasks.slice(place + 1).some((b) => conflicts(sprint, a, b)))) return false;
  const users = new Map<string, number>();
  for (const number of tasks) for (const { id } of spec(sprint, number).resources) users.set(id, (users.get(id) ?? 0) + 1);
  const capacities = new Map(Object.entries(sprint.definition.resources));
  return [...users].every(([id, count]) => count <= (capacities.get(id) ?? 1));
}

const atWork = ({ state }: Sprint): number[] => state.tasks.flatMap((run, number) => (isAtWork(run.state) ? [number] : []));

function checkLeases(sprint: Sprint, before: Before): void {
  expect(fit(sprint, atWork(sprint)), 'tasks at work keep the rules of resources and paths').toBe(true);
  for (const [number, { token, held, count }] of sprint.state.resources.entries()) {
    const tokens = Object.values(held).map((lease) => lease.token);
    expect(tokens).toHaveLength(count);
    expect(new Set(tokens).size, 'each lease has its own token').toBe(count);
    expect(token).toBeGreaterThanOrEqual(Math.max(before.tokens[number] ?? 0, ...tokens));
  }
}

/** While running no task that could start is left waiting. */
function checkWorkConserving(sprint: Sprint): void {
  const { state, definition } = sprint;
  if (state.phase !== 'running' || !state.started || state.running >= MAX_IN_FLIGHT) return;
  const busy = atWork(sprint);
  const isGathered = (id: string): boolean =>
    definition.sprint.checkpoints.some(({ agents }, number) => state.checkpoints[number]?.state === 'gathering' && agents.includes(id));
  const free = definition.agents.filter(({ id }, number) => {
    const agent = state.agents[number];
    return agent?.active && agent.available && agent.busy < agent.capacity && !isGathered(id);
  });
  for (const [number, run] of state.tasks.entries()) {
    if (run.state !== 'waiting' || run.waitsFor > 0 || run.retryAt !== null) continue;
    const candidates = free.filter((agent) => isCandidate(spec(sprint, number), agent)).map(({ id }) => id);
    const couldStart = candidates.length > 0 && fit(sprint, [...busy, number]);
    expect(couldStart, `${spec(sprint, number).id} could be done by ${candidates.join(', ')} but waits`).toBe(false);
  }
}

function checkInbox(sprint: Sprint): void {
  const { state, definition } = sprint;
  for (const [id, item] of Object.entries(state.inbox)) {
    expect(item.itemId).toBe(id);
    expect(item.deadlineMs, `${id} has a deadline ahead`).toBeGreaterThan(state.now);
    expect(item.otherwise, `${id} says what silence means`).not.toBe('');
    expect(state.timers.some(({ kind, ref, at }) => kind === 'item' && ref === id && at === item.deadlineMs)).toBe(true);
  }
  for (const number of atWork(sprint)) {
    const { attempt, agent } = state.tasks[number] as TaskRun;
    if (definition.agents[agent as number]?.kind === 'human') expect(state.inbox).toHaveProperty([`${spec(sprint, number).id}#${attempt}`]);
  }
  if (isFinal(state.phase)) expect(state.inbox).toEqual({});
  else if (state.started && state.running === 0) expect(nextWakeUp(state), 'something will wake a sprint that has nothing at work').not.toBeNull();
}

function checkBounds({ state }: Sprint): void {
  expect(state.decisions.length).toBeLessThanOrEqual(400);
  expect(state.alerts.length).toBeLessThanOrEqual(100);
  expect(state.timers.length).toBeLessThanOrEqual(2 * state.timersKept + 65);
  for (const { feedback, answers } of state.tasks) {
    expect(feedback.length).toBeLessThanOrEqual(10);
    expect(answers.length).toBeLessThanOrEqual(20);
  }
}
