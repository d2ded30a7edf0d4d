import type { AttemptFailure } from '../../../src/domain/attempt.ts';
import type { Usage } from '../../../src/domain/budget.ts';
import type { CommandName } from '../../../src/domain/messages.ts';
import { toSprintEvent } from '../../../src/domain/sprint/commands.ts';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { amendDefinition, toAmendment } from '../../../src/domain/sprint/amended-definition.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import type { SprintEffect, SprintEvent } from '../../../src/domain/sprint/events.ts';
import { isFinal } from '../../../src/domain/sprint/state.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { ORDER_RULES } from '../../../src/domain/sprint/task-order.ts';
import { nextWakeUp } from '../../../src/domain/sprint/timers.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import type { OpenProposal } from '../../../src/domain/sprint/open-proposals.ts';
import { toProposalAnswer, toRandomAmendment } from './random-amendment.ts';
import { toRandomCommand } from './random-commands.ts';
import type { Action } from './sprint-arbitrary.ts';
import { CAUSES, toElsewhere, toDelivered } from './random-payloads.ts';
import { createProcedureWorld } from './random-procedures.ts';
import { START } from './sprint-definition.ts';
import { checkInvariants, remember } from './sprint-invariants.ts';
import { toMended, toProbeEvent } from './random-emergencies.ts';
import { must } from './rule.ts';
import { failure } from './sprint-run.ts';

const earliest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b));

/** A sprint and the world around it: carries out effects, answers with events, and checks the rules after each of them. */
export function createDriver(definition: SprintDefinition) {
  const sprint = createSprint(definition, START);
  let twin = createSprint(definition, START);
  const running = new Map<string, number>();
  const withdrawn = new Set<string>();
  const used = new Map<string, Usage>();
  let now = START;
  let search = 0;
  let numbers = 0;
  let revision = 0;
  let events = 0;
  let ending: string | null = null;

  function apply(event: SprintEvent): void {
    const before = remember(sprint);
    const effects = evolve(sprint, event);
    events += 1;
    if (events % 16 === 0) twin = carryOver();
    const again = evolve(twin, event);
    must(
      JSON.stringify(again) === JSON.stringify(effects),
      () => `same events, same effects, carried over or not: ${JSON.stringify(event)}`,
    );
    if (events % 32 === 0) checkTwin();
    for (const effect of effects) carryOut(effect);
    checkInvariants(sprint, before, effects);
  }

  /** As from one run to the next: the state, and how the definition has been amended since the first. */
  function carryOver(): Sprint {
    const carried = { state: toCarriedState(twin), amendment: toAmendment(definition, twin.definition) };
    const { state, amendment } = JSON.parse(JSON.stringify(carried)) as typeof carried;
    return fromCarriedState(amendment ? amendDefinition(definition, amendment) : definition, state);
  }

  function checkTwin(): void {
    must(JSON.stringify(sprint.state) === JSON.stringify(twin.state), () => 'same events, same state');
  }

  const procedures = createProcedureWorld(
    apply,
    () => now,
    (proposal) => toProposalAnswer(sprint, proposal, (revision += 1), now),
  );
  /** The proposal whose revision awaits its authorization: nothing else can be amended before that. */
  const awaited = (): OpenProposal | undefined => Object.values(sprint.state.proposals ?? {}).find((open) => open.revision);

  function carryOut(effect: SprintEffect): void {
    procedures.carryOut(effect);
    if (effect.type === 'searchOrder') {
      must(effect.search === search + 1, () => `search ${effect.search} comes after ${search}`);
      search = effect.search;
    }
    if (effect.type === 'perform') {
      must(!running.has(effect.input.task.id), () => `two attempts of ${effect.input.task.id} at a time`);
      running.set(effect.input.task.id, effect.input.attempt);
    }
    if (effect.type === 'cancelAttempt') {
      const id = `${effect.taskId}#${effect.attempt}`;
      // What was due before may withdraw it in the very step in which its end comes.
      if (ending === id) return;
      must(running.get(effect.taskId) === effect.attempt, () => `${id} is withdrawn and not at work`);
      withdrawn.add(effect.taskId);
    }
  }

  /** What each attempt says that it has used: more each time, until it is paused as its worker would. */
  function usageOf(taskId: string, attempt: number, more: number): { usage?: Usage } {
    if (more % 4 === 0) return {};
    const key = `${taskId}#${attempt}`;
    const known = used.get(key) ?? { tokens: 0, cost: 0 };
    const allowance = toMailbox(sprint, { attempts: [{ taskId, attempt }] }).allowances?.[0];
    const isPaused =
      allowance !== undefined &&
      (allowance.isPaused || known.tokens >= (allowance.tokens ?? Infinity) || known.cost >= (allowance.cost ?? Infinity));
    const usage = isPaused ? known : { tokens: known.tokens + (more % 50), cost: known.cost + (more % 7) / 10 };
    used.set(key, usage);
    return { usage };
  }

  function end(taskId: string, attempt: number, how: Partial<AttemptFailure> | null): void {
    const settled = usageOf(taskId, attempt, now % 97);
    running.delete(taskId);
    withdrawn.delete(taskId);
    ending = `${taskId}#${attempt}`;
    if (how) apply({ type: 'attemptFailed', at: now, taskId, attempt, failure: failure({ ...how, ...settled }) });
    else
      apply({
        type: 'taskFinished',
        at: now,
        taskId,
        attempt,
        summary: null,
        deliverables: toDelivered(taskId, attempt),
        ...settled,
      });
    ending = null;
  }

  const choose = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)];
  const send = (name: CommandName, body: unknown): void => {
    const event = toSprintEvent(sprint, name, body, now);
    if (event.ok) apply(event.value);
  };

  function endOne({ kind, pick, other }: Action): void {
    const chosen = choose([...running], pick);
    if (!chosen) return;
    const isStopped = withdrawn.has(chosen[0]) && other % 3 > 0;
    if (isStopped) return end(...chosen, { cause: 'stopped' });
    if (kind === 'finish') return end(...chosen, null);
    if (kind === 'lose') return end(...chosen, { cause: 'lost' });
    const fault = other % 4 === 0 ? { fault: 'quota' as const } : other % 4 === 1 ? { dependencyDown: null } : {};
    end(...chosen, { cause: choose(CAUSES, other) ?? 'agent', retryable: kind === 'fail', ...fault });
  }

  function speak({ kind, pick, other }: Action): void {
    const [taskId, attempt] = choose([...running], pick) ?? ['nobody', 1];
    const agent = sprint.state.tasks[sprint.index.taskNumber.get(taskId) ?? -1]?.agent ?? 0;
    const isBlocked = kind === 'ask' || other % 3 === 0;
    // What a sprint does not take to be of this attempt tells it nothing of its usage either.
    const isOwn = running.get(taskId) === attempt && other % 7 > 0 && other % 5 > 0 && other % 11 > 0;
    apply({
      type: 'statusReported',
      at: now,
      reports: [
        {
          agent_id: other % 7 === 0 ? 'stranger' : (sprint.definition.agents[agent]?.id ?? ''),
          status: isBlocked ? 'blocked' : 'working',
          current_task: taskId,
          progress_percentage: other % 101,
          estimated_completion: other % 2 === 0 ? new Date(now + other * 1_000).toISOString() : 'soon',
          blocking_issues: isBlocked ? ['needs a word'] : [],
          next_coordination_point: null,
          outputs_ready: ['out'],
          ...(isOwn ? usageOf(taskId, attempt, other) : {}),
          ...(other % 5 === 0 ? {} : { task_id: taskId, attempt: attempt + (other % 11 === 0 ? 1 : 0) }),
          ...(other % 4 === 0 ? {} : { handover: { acknowledged: other % 2 === 0, moving: other % 3 > 0 } }),
          ...(kind === 'ask'
            ? { question: { id: `q${other % 8}`, text: 'Which one?', options: other % 2 === 0 ? ['a', 'b'] : [] } }
            : {}),
        },
      ],
    });
  }

  /** Agents and programs outside speak to each other, with sense and without. */
  function talk({ kind, pick, other, afterMs }: Action): void {
    const [task_id, attempt] = choose([...running], pick) ?? ['nobody', 1];
    const ids = [
      ...definition.agents,
      ...definition.sprint.tasks.map(({ id }) => ({ id: `task:${id}` })),
      { id: '*' },
      { id: 'mallory' },
    ];
    const requests = Object.keys(sprint.state.mail?.requests ?? {});
    const kinds = ['request', 'response', 'announcement', 'progress', 'notice'] as const;
    const isReply = other % 3 === 0;
    const message = {
      to: isReply && other % 2 === 0 ? null : (choose(ids, other)?.id ?? '*'),
      priority: choose(['urgent', 'high', 'normal', 'low'] as const, pick) ?? 'normal',
      kind: isReply ? 'response' : (choose(kinds, other) ?? 'notice'),
      body: other % 7 === 0 ? 'x'.repeat(15_000) + String(pick) : other,
      inReplyTo: isReply ? (choose(requests, pick) ?? 'm0') : null,
      key: other % 13 === 0 ? `k${pick % 3}` : null,
      withinMs: 1 + (afterMs % 86_400_000),
    };
    if (kind === 'outside')
      return apply({ type: 'messageReceived', at: now, message: { ...message, from: choose(ids, pick)?.id ?? 'x' } });
    const receipts =
      kind === 'receive' ? [{ task_id, attempt, sequence: sprint.state.mail?.sequence ?? 0, delaysMs: [other] }] : [];
    const messages = kind === 'receive' ? [] : [{ ...message, task_id, attempt, number: (numbers += 1), sentAt: now }];
    apply({ type: 'messagesSent', at: now, messages, receipts });
  }

  function command(action: Action): void {
    const [name, body] = toRandomCommand({ sprint, definition }, action, now);
    send(name, body);
  }

  function answerSearch({ pick, other }: Action): void {
    if (pick % 8 === 0) return apply({ type: 'orderSearchFailed', at: now, search: search - (other % 2), reason: 'no worker' });
    const order = { rule: choose(ORDER_RULES, pick) ?? 'longestPath', seed: other % 5 };
    const found = { meanMs: other, currentMs: pick, tried: 1 + (other % 40), forecastFactor: other / 500 };
    apply({ type: 'orderChosen', at: now, search: search - (pick % 9 === 0 ? 1 : 0), order, ...found });
  }

  function act(action: Action): void {
    const { kind, pick, other, afterMs } = action;
    const isWait = kind === 'wait';
    now += isWait ? afterMs : pick % 50;
    switch (kind) {
      case 'finish':
      case 'fail':
      case 'failForGood':
      case 'lose':
        return endOne(action);
      case 'stale': {
        const taskId = choose(sprint.definition.sprint.tasks, pick)?.id ?? '';
        const attempt = (running.get(taskId) ?? 0) + 1 + (other % 2);
        return apply({ type: 'taskFinished', at: now, taskId, attempt, summary: null, deliverables: [] });
      }
      case 'unknown':
        return apply({ type: 'attemptFailed', at: now, taskId: 'no-such-task', attempt: 1, failure: failure() });
      case 'report':
      case 'ask':
        return speak(action);
      case 'message':
      case 'receive':
      case 'outside':
        return talk(action);
      case 'wake':
        now = Math.max(now, nextWakeUp(sprint.state) ?? now);
        return apply({ type: 'timePassed', at: now });
      case 'wait':
        return apply({ type: 'timePassed', at: now });
      case 'procedure':
        return procedures.step();
      case 'loseProcedure':
        return procedures.lose(pick);
      case 'reorder':
        return answerSearch(action);
      case 'elsewhere':
        return apply({ type: 'spentElsewhere', at: now, accounts: toElsewhere(pick, other) });
      case 'amend':
        revision += 1;
        return apply({
          type: 'amended',
          at: now,
          amendment: toRandomAmendment(sprint, revision, action),
          ...(awaited() ? { proposal: awaited()?.n as number } : {}),
        });
      case 'hold': {
        if (awaited()) return;
        const taskIds = sprint.definition.sprint.tasks.filter((_, number) => (number + pick) % 4 === 0).map(({ id }) => id);
        return apply({ type: 'tasksHeld', at: now, revision: revision + 1, taskIds });
      }
      case 'release':
        return apply({ type: 'tasksReleased', at: now, revision: other % 4 === 0 ? 0 : (sprint.state.hold?.revision ?? 0) });
      case 'probe':
        return apply(toProbeEvent(now, pick, other));
      case 'startAgain':
        return apply({ type: 'started', at: now });
      case 'cancel':
        return apply({ type: 'cancelRequested', at: now });
      default:
        return command(action);
    }
  }

  /** From here on the world answers everything: the sprint must end, in steps bounded by the plan. */
  function runToEnd(): void {
    apply({ type: 'started', at: now });
    if (sprint.state.hold) apply({ type: 'tasksReleased', at: now, revision: sprint.state.hold.revision });
    apply(toMended(now));
    const { escalation, sprint: spec } = sprint.definition;
    const { length } = spec.tasks;
    // Each task that goes on failing may have all of them opened again, a bounded number of times; measures may pause the sprint each time.
    const bound = 200 + 80 * length * (escalation?.otherwise === 'rollback' ? length : 1);
    for (let steps = 0; !isFinal(sprint.state.phase); steps += 1) {
      if (steps > bound) throw new Error(`no end after ${bound} steps: ${JSON.stringify(sprint.state)}`);
      const [next] = running;
      if (procedures.hasWords) procedures.step();
      else if (sprint.state.hold) apply({ type: 'tasksReleased', at: now, revision: sprint.state.hold.revision });
      else if (next) end(...next, withdrawn.has(next[0]) ? { cause: 'stopped' } : null);
      else if (sprint.state.phase === 'paused' || sprint.state.phase === 'stopped') send('resume', { by: 'ann' });
      else {
        const at = earliest(nextWakeUp(sprint.state), procedures.nextMoment);
        if (at === null) throw new Error(`nothing at work and nothing to wait for: ${JSON.stringify(sprint.state)}`);
        now = Math.max(now, at);
        procedures.step();
        apply({ type: 'timePassed', at: now });
      }
    }
    must(sprint.state.ended === sprint.definition.sprint.tasks.length, () => 'the sprint has ended and some task has not');
    must(running.size === 0, () => 'the sprint has ended and something is at work');
    must(sprint.state.timers.length === 0, () => 'the sprint has ended and waits for something');
    apply({
      type: 'taskFinished',
      at: now,
      taskId: definition.sprint.tasks[0]?.id ?? '',
      attempt: 1,
      summary: null,
      deliverables: [],
    });
    must(Object.keys(sprint.state.escalations).length === 0, () => 'the sprint has ended and somebody is asked');
    must(Object.keys(sprint.state.reallocations ?? {}).length === 0, () => 'the sprint has ended and something is being moved');
    checkTwin();
  }

  return { sprint, act, runToEnd };
}
