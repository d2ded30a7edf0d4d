import { toExecutionEvent, toStatusesEvent } from '../../../src/domain/execution/commands.ts';
import type { ExecutionEffect, ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';
import { allItems } from '../../../src/domain/execution/inbox.ts';
import { nextDeadline } from '../../../src/domain/execution/own-items.ts';
import { toProgressEvent } from '../../../src/domain/execution/progress-schema.ts';
import { createExecution, isExecutionFinal, type ExecutionState } from '../../../src/domain/execution/state.ts';
import { COMMANDS, type CommandName } from '../../../src/domain/messages.ts';
import type { Prepared } from '../../../src/domain/prepared.ts';
import { senderOf, toRefusedBody } from '../../../src/domain/refused-body.ts';
import type { SprintPhase } from '../../../src/domain/sprint/state.ts';
import { must } from '../sprint/rule.ts';
import { deliverable } from '../sprint/sprint-run.ts';
import { DEEP, type Action } from './execution-arbitrary.ts';
import { createEscalationWorld } from './random-escalations.ts';
import { createRollbackWorld } from './random-rollback.ts';
import { checkRules, checkViews, remember } from './execution-rules.ts';
import { approval, counts, item, news, progress, START } from './execution-run.ts';

const DEEP_BODY: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);

/** An execution and the world around it: its sprints obey in their own time, people say what they like. */
export function createDriver(prepared: Prepared) {
  const state = createExecution('release', START);
  let twin = createExecution('release', START);
  const sprints = new Map<string, { phase: SprintPhase; ordered: SprintPhase | null; asks: boolean; hasAsked: boolean }>();
  const everStarted = new Set<string>();
  let now = START;
  let isDocumenting = false;
  let isTelling = false;
  let last: string | null = null;
  const calls: number[] = [];
  let events = 0;
  const choose = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)];

  function apply(event: ExecutionEvent): void {
    const before = remember(state);
    const effects = evolveExecution(state, event);
    events += 1;
    if (events % 8 === 0) twin = JSON.parse(JSON.stringify(twin)) as ExecutionState;
    const again = evolveExecution(twin, event);
    must(
      JSON.stringify(again) === JSON.stringify(effects),
      () => `same events, same effects, carried over or not: ${event.type}`,
    );
    if (events % 8 === 0) must(JSON.stringify(twin) === JSON.stringify(state), () => `same events, same state: ${event.type}`);
    for (const effect of effects) carryOut(effect);
    checkRules({ before, state, effects, event });
    if (events % 8 === 0 || isExecutionFinal(state.phase)) checkViews(state);
  }

  const rollbacks = createRollbackWorld(apply, () => now);
  const escalations = createEscalationWorld(apply, () => now);

  function carryOut(effect: ExecutionEffect): void {
    rollbacks.carryOut(effect);
    escalations.carryOut(effect);
    if (effect.type === 'document') isDocumenting = true;
    if (effect.type === 'notify') {
      must(!isTelling, () => 'one call at a time');
      must(effect.notices.length > 0, () => 'there is something to tell');
      isTelling = true;
      last = effect.notices.at(-1)?.kind ?? null;
      calls.push(now);
      const sixth = calls.at(-6);
      must(isExecutionFinal(state.phase) || sixth === undefined || now - sixth >= 60_000, () => 'five calls a minute');
    }
    if (effect.type === 'startSprint') {
      const hasEarlier = state.sprints.some(({ id, earlier }) => id === effect.sprintId && earlier !== undefined);
      must(
        !sprints.has(effect.sprintId) && (hasEarlier || !everStarted.has(effect.sprintId)),
        () => `sprint ${effect.sprintId} starts once, and again only when it was rolled back`,
      );
      everStarted.add(effect.sprintId);
      sprints.set(effect.sprintId, { phase: 'running', ordered: null, asks: false, hasAsked: false });
    }
    if (effect.type === 'cancelSprints') {
      for (const [id, sprint] of sprints) if (effect.sprintIds?.includes(id) ?? true) sprint.ordered = 'cancelled';
    }
    if (effect.type !== 'forward') return;
    for (const id of effect.sprintIds) {
      const sprint = sprints.get(id);
      if (!sprint || sprint.ordered === 'cancelled') continue;
      if (effect.name === 'emergencyStop') sprint.ordered = 'stopped';
      if (effect.name === 'resume') sprint.ordered = 'running';
      if (effect.name === 'pause') sprint.ordered = 'paused';
      if (effect.name === 'respond') {
        must(sprint.hasAsked, () => `the answer goes to the sprint that asked, not to ${id}`);
        must((effect.payload as { itemId: string }).itemId === 'paused', () => 'the answer has the id that the sprint knows');
        sprint.asks = false;
      }
    }
  }

  const receive = (name: string, raw: unknown, event: ReturnType<typeof toExecutionEvent>): void => {
    if (event.ok) return apply(event.value);
    apply({ type: 'messageRefused', at: now, name, by: senderOf(raw), refusal: event.error, body: toRefusedBody(raw) });
  };
  const send = (name: CommandName, raw: unknown): void => receive(name, raw, toExecutionEvent(state, name, raw, now));

  function tell(id: string, raw: unknown = toReport(id)): void {
    receive('sprintProgress', raw, toProgressEvent(state, raw, now));
  }

  function toReport(id: string) {
    const sprint = sprints.get(id);
    const inbox = sprint?.asks ? [item('paused', id, { kind: 'paused', task: null, options: ['resume'] })] : [];
    const task = prepared.resolved.plan.sprints.find((one) => one.id === id)?.tasks[0]?.id ?? 'x';
    return {
      progress: progress(id, {
        phase: sprint?.phase ?? 'running',
        inbox,
        coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: { done: 1, of: 1 } },
      }),
      changed: [news(task, { state: 'running', endedAt: null })],
      decisions: [{ at: '2026-12-01T09:00:00.000Z', event: 'taskStarted', text: `${task} starts`, data: { task } }],
    };
  }

  function endSprint(id: string, phase: SprintPhase | null): void {
    sprints.delete(id);
    if (phase === null) return apply({ type: 'sprintLost', at: now, sprintId: id, reason: 'terminated' });
    const tasks = (prepared.resolved.plan.sprints.find((one) => one.id === id)?.tasks ?? []).map((one) =>
      news(one.id, { state: phase === 'completed' ? 'done' : 'failed', deliverables: [deliverable('out')] }),
    );
    const told = progress(id, { phase, progressPercentage: 100, tasks: counts({ total: tasks.length, done: tasks.length }) });
    apply({ type: 'sprintEnded', at: now, outcome: { sprintId: id, progress: told, tasks } });
  }

  /** A sprint does what it was told last, and says so. */
  function obey(id: string): void {
    const sprint = sprints.get(id);
    if (!sprint?.ordered) return;
    if (sprint.ordered === 'cancelled') return endSprint(id, 'cancelled');
    sprint.phase = sprint.ordered;
    sprint.ordered = null;
    tell(id);
  }

  /** Channels answer in their own time, some of them badly. */
  function answerTelling(isWell: boolean): void {
    if (!isTelling) return;
    isTelling = false;
    const what = { title: 'something', items: allItems(state).map(({ itemId }) => itemId) };
    const standIn = now % 2 === 0 ? [{ channel: 'mail', ok: true, detail: 'fine', insteadOf: 'ops' }] : [];
    const result = { channel: 'ops', ok: isWell, detail: 'no answer', insteadOf: null, ...(isWell ? {} : { what }) };
    apply({ type: 'channelsTold', at: now, results: [result, ...(isWell ? [] : standIn)] });
  }

  function act({ kind, pick, other, afterMs, ...action }: Action): void {
    if (other % 3 === 0) answerTelling(pick % 2 === 0);
    const junk = action.junk === DEEP ? DEEP_BODY : action.junk;
    now += pick % 50;
    const id = choose([...sprints.keys()], pick) ?? 'core';
    const by = choose(['ann', 'bo', 'cy', 'ann '], other) as string;
    const known = choose(allItems(state), pick);
    switch (kind) {
      case 'approve':
        return send('authorize', approval(by));
      case 'approveBadly':
        return send(
          'authorize',
          approval(
            by,
            choose([{ planHash: 'b' }, { planHash: undefined }, { reviewed: false }, { emergencyStopUnderstood: false }], pick),
          ),
        );
      case 'stranger':
        return send('authorize', approval('mallory', { decision: pick % 2 ? 'approve' : 'reject', planHash: 'x' }));
      case 'reject':
        return pick % 7 === 0 ? send('authorize', { by, decision: 'reject' }) : undefined;
      case 'document': {
        if (!isDocumenting && pick % 3) return;
        isDocumenting = false;
        return apply({ type: 'documented', at: now });
      }
      case 'prepareAgain':
        return apply({ type: 'prepared', at: now, prepared });
      case 'progress': {
        const sprint = sprints.get(id);
        if (sprint && other % 4 === 0) {
          sprint.asks = !sprint.asks;
          sprint.hasAsked = true;
        }
        return tell(id);
      }
      case 'forged':
        return tell(id, {
          ...toReport(id),
          progress: progress(id, { phase: choose(['stopped', 'stopping', 'completed', 'paused'] as const, other)! }),
          changed: [news('__proto__'), news('constructor'), news('toString')],
        });
      case 'stale':
        return apply({
          type: 'sprintEnded',
          at: now,
          outcome: {
            sprintId: choose(['no-such', ...state.sprints.filter((one) => one.state === 'ended').map((one) => one.id)], pick)!,
            progress: progress(id),
            tasks: [],
          },
        });
      case 'end':
        return sprints.has(id) ? endSprint(id, 'completed') : undefined;
      case 'fail':
        return sprints.has(id) && other % 3 === 0 ? endSprint(id, choose(['failed', 'cancelled'] as const, pick)!) : undefined;
      case 'lose':
        return sprints.has(id) && other % 3 === 0 ? endSprint(id, null) : undefined;
      case 'obey':
        return obey(id);
      case 'pause':
        return send('pause', { by, reason: pick % 2 ? 'lunch' : null });
      case 'resume':
        return send('resume', { by });
      case 'halt':
        return send('emergencyStop', { by, reason: 'smoke', mode: 'halt' });
      case 'drain':
        return send('emergencyStop', { by, reason: 'calm', mode: 'drain' });
      case 'stopBadly':
        return send('emergencyStop', junk);
      case 'availability':
        return send('agentAvailability', {
          agent_id: choose(['builder', 'constructor', 'nobody'], pick),
          available: other % 2 === 0,
          capacity: other % 6,
        });
      case 'priority':
        return send('setPriority', { by, taskId: choose([`valueOf-${id}`, 'constructor', 'none'], pick), priority: 'high' });
      case 'statuses': {
        const raw = { reports: [{ agent_id: 'builder', status: 'working' }, junk] };
        return receive('agentStatus', raw, toStatusesEvent(raw, now));
      }
      case 'respond':
        return send('respond', {
          by: known && known.people !== 'anyone' ? known.people[0] : by,
          itemId: known?.itemId ?? 'paused',
          decision: known?.options[0] ?? 'resume',
        });
      case 'respondWrongly':
        return send('respond', { by: 'mallory', itemId: known?.itemId ?? 'constructor', decision: 'no such' });
      case 'malformed': {
        const name = choose(
          [...COMMANDS.filter((one) => one !== 'emergencyStop'), 'agentStatus', 'sprintProgress'],
          other,
        ) as string;
        if (name === 'agentStatus') return receive(name, junk, toStatusesEvent(junk, now));
        return name === 'sprintProgress' ? tell(id, junk) : send(name as CommandName, junk);
      }
      case 'wait': {
        now += afterMs;
        return apply({ type: 'timePassed', at: now });
      }
      case 'deadline': {
        now = Math.max(now, nextDeadline(state) ?? now);
        return apply({ type: 'timePassed', at: now });
      }
      case 'cancel':
        return apply({ type: 'cancelRequested', at: now });
      case 'rollback':
        return send('rollback', {
          by,
          to: other % 4 === 0 ? 'start' : { sprint: choose(state.sprints, other)?.id ?? 'none' },
          policy: pick % 5 === 0 ? 'abandon' : null,
        });
      case 'undo':
        return other % 2 === 0 ? escalations.step() : rollbacks.step();
      case 'loseRollback':
        return other % 2 === 0 ? escalations.lose() : rollbacks.lose();
    }
  }

  /** Whatever happened: if what is documented is written, sprints obey and end, and people keep silent, it comes to an end. */
  function runToEnd(): void {
    for (let step = 0; !isExecutionFinal(state.phase); step += 1) {
      must(
        step < 500,
        () =>
          `no end in sight: ${state.phase}, ${JSON.stringify(state.sprints.map((one) => [one.id, one.state, one.progress?.phase]))}`,
      );
      if (!state.prepared) apply({ type: 'prepared', at: now, prepared });
      else if (isDocumenting) {
        isDocumenting = false;
        apply({ type: 'documented', at: now });
      } else if (rollbacks.isBusy) rollbacks.step();
      else if (sprints.size > 0) {
        const first = [...sprints.keys()][0]!;
        if (sprints.get(first)?.ordered) obey(first);
        else if (sprints.get(first)?.phase === 'running') endSprint(first, 'completed');
        else if (['stopped', 'paused', 'rollingBack'].includes(state.phase)) silence();
        else {
          // It is held by itself: its own deadline cancels it.
          endSprint(first, 'cancelled');
        }
      } else silence();
    }
    close();
  }

  /** The report is written, and everybody who is to hear of the end does. */
  function close(): void {
    apply({ type: 'reported', at: now, report: { uri: 'file:///report.json', sha256: 'a' } });
    while (isTelling) answerTelling(false);
    must(state.outbox.waiting.length === 0, () => 'everything has been told');
    must(last === (isHeard() ? 'ended' : null), () => `the last word was ${last}`);
  }

  const isHeard = (): boolean => (state.prepared?.resolved.policies.notify ?? []).length > 0;

  function silence(): void {
    answerTelling(true);
    const at = nextDeadline(state);
    must(at !== null, () => `it waits for nothing: ${state.phase}`);
    now = Math.max(now, at as number);
    apply({ type: 'timePassed', at: now });
  }

  return { act, runToEnd, start: () => apply({ type: 'prepared', at: now, prepared }), state: () => state };
}
