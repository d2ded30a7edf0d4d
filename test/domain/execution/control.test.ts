import { describe, expect, it } from 'vitest';
import { approval, DAY, item, runAuthorized, runExecution, type GivenPlan } from './execution-run.ts';

const one: GivenPlan = { sprints: { core: null } };
const chain: GivenPlan = { sprints: { core: null, docs: null }, order: [['core', 'docs']] };
const pair: GivenPlan = { sprints: { core: null, docs: null } };

describe('control: pause and resume', () => {
  it('a paused execution starts no sprint; resumed it goes on', () => {
    const run = runAuthorized(chain);
    expect(run.send('pause', { by: 'ann', reason: 'lunch' })).toBe('accepted');
    expect(run.state).toMatchObject({ phase: 'paused', reason: 'paused by ann: lunch' });
    run.endSprint('core');
    expect(run.started()).toEqual(['core']);
    expect(run.send('resume', { by: 'ann' })).toBe('accepted');
    expect([run.started(), run.state.inbox]).toEqual([['core', 'docs'], {}]);
    expect(run.forwards().map(({ name, sprintIds }) => [name, sprintIds])).toEqual([['pause', ['core']]]);
  });

  it('nobody resumes it for a week: it is cancelled, and the reason says that it was silence', () => {
    const run = runAuthorized(one);
    run.send('pause', { by: 'ann' });
    run.wake();
    expect(run.state).toMatchObject({
      phase: 'stopping',
      cancelling: true,
      reason: expect.stringMatching(/^nobody answered "release is paused"/),
    });
    expect(run.effects().at(-1)).toEqual({ type: 'cancelSprints' });
    run.endSprint('core', 'cancelled');
    expect(run.state).toMatchObject({ phase: 'cancelled', reason: expect.stringMatching(/^nobody answered/) });
  });

  it('a deadline that passed before a message came ends it all the same', () => {
    const run = runExecution(one);
    run.send('emergencyStop', { by: 'ann' });
    run.elapse(8 * DAY);
    expect(run.send('resume', { by: 'ann' })).toBe('accepted');
    expect([run.state.phase, run.started()]).toEqual(['cancelled', []]);
  });

  const refused: readonly (readonly [string, (run: ReturnType<typeof runExecution>) => void, 'pause' | 'resume', RegExp])[] = [
    ['pause while awaiting authorization', () => undefined, 'pause', /^NotAllowedInPhase: pause is possible while running/],
    [
      'resume while awaiting authorization',
      () => undefined,
      'resume',
      /^NotAllowedInPhase: resume is possible while paused or stopped/,
    ],
    [
      'resume while stopping',
      (run) => (run.authorize(), run.send('emergencyStop', {})),
      'resume',
      /1 sprints are still draining/,
    ],
    [
      'pause after the end',
      (run) => run.happen({ type: 'cancelRequested' }),
      'pause',
      /^NotAllowedInPhase: pause is not possible: the execution has ended \(cancelled\)/,
    ],
  ];
  it.each(refused)('%s is refused with the phase', (_title, before, name, expected) => {
    const run = runExecution(one);
    before(run);
    expect(run.send(name, { by: 'ann' })).toMatch(expected);
  });

  it('a message without a sender is refused', () => {
    const run = runAuthorized(one);
    expect(run.send('pause', {})).toMatch(/^InvalidMessage: by/);
  });

  it('events that do not apply in the phase change nothing', () => {
    const run = runExecution(one);
    for (const type of ['paused', 'resumed'] as const) run.happen({ type, by: 'ann' });
    run.prepare(pair);
    expect([run.state.phase, run.state.sprints.length]).toEqual(['awaitingAuthorization', 1]);
  });
});

describe('control: emergency stop', () => {
  it('stops whatever its payload is', () => {
    for (const body of [null, undefined, 7, 'now!', [], { by: 7, mode: 'later' }]) {
      const run = runAuthorized(one);
      expect(run.send('emergencyStop', body)).toBe('accepted');
      expect(run.state).toMatchObject({ phase: 'stopping', reason: 'stopped by unknown: no reason given' });
      expect(run.forwards().at(-1)).toMatchObject({ name: 'emergencyStop', payload: { mode: 'halt' }, sprintIds: ['core'] });
    }
  });

  it('while the plan is being prepared: resumed it is prepared, then it asks', () => {
    const run = runExecution();
    run.send('emergencyStop', {});
    expect(run.state.phase).toBe('stopped');
    run.send('resume', { by: 'ann' });
    expect(run.state.phase).toBe('preparing');
    run.prepare(one);
    expect(run.state.phase).toBe('awaitingAuthorization');
  });

  it('prepared while stopped: resumed it asks for authorization', () => {
    const run = runExecution();
    run.send('emergencyStop', {});
    run.prepare(one);
    expect(run.state.phase).toBe('stopped');
    run.send('respond', { by: 'ann', itemId: 'stopped', decision: 'resume' });
    expect([run.state.phase, Object.keys(run.state.inbox)]).toEqual(['awaitingAuthorization', ['authorization']]);
  });

  it('documented while stopped: resumed it runs', () => {
    const run = runExecution(one);
    run.send('authorize', approval('ann'));
    run.send('emergencyStop', {});
    run.happen({ type: 'documented' });
    expect(run.started()).toEqual([]);
    run.send('resume', { by: 'ann' });
    expect([run.state.phase, run.started()]).toEqual(['running', ['core']]);
  });

  it('given again says who stopped last, and resumed it goes on from where it was', () => {
    const run = runExecution(one);
    run.send('emergencyStop', { by: 'ann' });
    run.send('emergencyStop', { by: 'bo', reason: 'smoke' });
    expect(run.state).toMatchObject({ phase: 'stopped', stoppedFrom: 'awaitingAuthorization', reason: 'stopped by bo: smoke' });
    run.send('resume', { by: 'ann' });
    expect(run.state.phase).toBe('awaitingAuthorization');
  });

  it('of a paused execution: resumed it runs', () => {
    const run = runAuthorized(one);
    run.tell('core');
    run.send('pause', { by: 'ann' });
    run.tell('core', { phase: 'paused' });
    run.send('emergencyStop', { by: 'bo' });
    expect(Object.keys(run.state.inbox)).toEqual([]);
    run.tell('core', { phase: 'stopped' });
    run.send('resume', { by: 'ann' });
    expect(run.state.phase).toBe('running');
  });

  it('is over when every sprint says so, and counts what was drained', () => {
    const run = runAuthorized(pair);
    run.tell('core');
    run.tell('docs');
    run.send('emergencyStop', { by: 'ann', reason: 'smoke' });
    run.tell('core', {
      phase: 'stopped',
      coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: { done: 3, of: 3 } },
    });
    expect(run.state.phase).toBe('stopping');
    run.tell('docs', {
      phase: 'stopped',
      coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: { done: 1, of: 2 } },
    });
    expect([run.state.phase, run.textsOf('drained'), Object.keys(run.state.inbox)]).toEqual([
      'stopped',
      ['drained 4 of 5'],
      ['stopped'],
    ]);
  });

  it('waits for a sprint that is starting and has not told anything yet', () => {
    const run = runAuthorized(one);
    run.send('emergencyStop', {});
    run.passTime(60_000);
    expect(run.state.phase).toBe('stopping');
    run.tell('core', { phase: 'stopped' });
    expect(run.state.phase).toBe('stopped');
  });

  it('does not wait for a sprint that was terminated by hand', () => {
    const run = runAuthorized(pair);
    run.tell('docs');
    run.send('emergencyStop', {});
    run.tell('docs', { phase: 'stopped' });
    run.lose('core');
    expect(run.state.phase).toBe('stopped');
  });

  it('a second one turns a drain into a halt', () => {
    const run = runAuthorized(one);
    run.tell('core');
    run.send('emergencyStop', { by: 'ann', mode: 'drain' });
    run.send('emergencyStop', { by: 'bo', mode: 'halt' });
    expect(run.forwards().map(({ payload }) => (payload as { mode: string }).mode)).toEqual(['drain', 'halt']);
  });

  it('right after a resume waits for what the sprints say then, not for what they said before', () => {
    const run = runAuthorized(one);
    run.tell('core');
    run.send('emergencyStop', {});
    run.tell('core', { phase: 'stopped' });
    run.send('resume', { by: 'ann' });
    run.send('emergencyStop', {});
    expect(run.state.phase).toBe('stopping');
    run.tell('core', { phase: 'stopped' });
    expect(run.state.phase).toBe('stopped');
  });

  it('of a stopped execution reaches a sprint that was resumed by itself', () => {
    const run = runAuthorized(one);
    run.tell('core');
    run.send('emergencyStop', {});
    run.tell('core', { phase: 'stopped' });
    run.tell('core', { phase: 'running' });
    expect(run.state.phase).toBe('stopped');
    run.send('emergencyStop', { by: 'bo' });
    expect([run.state.phase, run.forwards().at(-1)?.name]).toEqual(['stopping', 'emergencyStop']);
  });

  it('a stopped execution whose sprint is stopping is stopping', () => {
    const run = runAuthorized(one);
    run.tell('core');
    run.send('emergencyStop', {});
    run.tell('core', { phase: 'stopped' });
    run.tell('core', { phase: 'stopping' });
    expect([run.state.phase, run.state.inbox]).toEqual(['stopping', {}]);
  });

  it('a drain in which the last sprint completes completes the execution', () => {
    const run = runAuthorized(one);
    run.send('emergencyStop', { mode: 'drain' });
    run.endSprint('core');
    expect([run.state.phase, run.events().includes('drained')]).toEqual(['completed', false]);
  });
});

describe('control: cancel', () => {
  it('ends when every sprint has; a sprint that is lost then was cancelled', () => {
    const run = runAuthorized({ sprints: { core: null, docs: null, site: null }, order: [['core', 'site']] });
    run.happen({ type: 'cancelRequested' });
    run.happen({ type: 'cancelRequested' });
    run.send('emergencyStop', {});
    expect(run.effects().filter(({ type }) => type === 'cancelSprints')).toHaveLength(1);
    run.lose('core');
    run.endSprint('docs', 'cancelled');
    expect([run.state.phase, run.state.sprints[0]?.progress?.phase, run.standings()]).toEqual([
      'cancelled',
      'cancelled',
      { core: 'ended', docs: 'ended', site: 'skipped' },
    ]);
  });

  it('before the authorization ends at once', () => {
    const run = runExecution(one);
    run.happen({ type: 'cancelRequested' });
    expect([run.state.phase, run.state.reason]).toEqual(['cancelled', 'cancelled']);
  });
});

describe('control: events', () => {
  it('of a kind that does not exist are a mistake of the program, which says so', () => {
    const run = runExecution(one);
    expect(() => run.happen({ type: 'odd' } as never)).toThrow('Unhandled case: {"type":"odd"');
  });
});

describe('control: what is final stays', () => {
  it('of later events only the report and refusals count', () => {
    const run = runAuthorized(one);
    run.endSprint('core');
    const before = JSON.stringify({ ...run.state, report: null });
    run.happen({ type: 'emergencyStopped', by: 'ann', reason: 'late', mode: 'halt' });
    run.happen({ type: 'documented' });
    run.tell('core', { inbox: [item('a#1', 'core')] });
    run.happen({ type: 'reported', report: { uri: 'file:///r', sha256: 'x' } });
    expect(JSON.stringify({ ...run.state, report: null })).toBe(before);
    expect(run.state.report?.uri).toBe('file:///r');
  });

  it('a report may be there before the end', () => {
    const run = runAuthorized(one);
    run.happen({ type: 'reported', report: { uri: 'file:///r', sha256: 'x' } });
    expect(run.state.report?.uri).toBe('file:///r');
  });
});
