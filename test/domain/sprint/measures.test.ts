import { describe, expect, test } from 'vitest';
import { chain, runWatched } from './emergency-run.ts';
import { agents, asking, escalated, lexer, meanwhile, once, when } from './measuring-run.ts';
import { task } from './sprint-definition.ts';

describe('while a task waits for people', () => {
  const gate = task('gate', { agent: 'tester' });

  test('its lane of work is held and less is started; another lane goes on; the answer undoes all of it', () => {
    const run = asking({
      tasks: [
        lexer(),
        gate,
        task('parser', { agent: 'builder', dependsOn: ['gate'] }),
        ...['u', 'v'].map((id) => task(id, { agent: 'tester', dependsOn: ['gate'] })),
      ],
      contingencies: [when(escalated, { hold: true }, { concurrency: 1 })],
    });
    expect(run.alerts()).toEqual(['escalation/1', 'contingency/1']);
    const text = 'contingency in force: when task lexer is escalated: the work is held, at most 1 at work at a time';
    expect(run.measures()).toEqual(['the task waits, and what depends on it', text]);
    run.say();
    expect(run.state.inbox['lexer/escalation/1/1']?.measures).toEqual(run.measures());
    run.finish('gate');
    expect(run.atWork()).toEqual(['u']);
    expect(run.runOf('parser')).toMatchObject({ state: 'waiting', reason: 'held by a temporary measure' });
    run.decide('retry');
    expect(run.atWork()).toEqual(['lexer', 'parser', 'u', 'v']);
    expect(run.alerts()).toEqual([]);
    expect(run.textsOf('contingencyUndone')).toEqual([
      'undone: when task lexer is escalated: the work is held, at most 1 at work at a time',
    ]);
  });

  test('the lane is what depends on it, has its agent, or needs a lease that only one of them can have', () => {
    const both = { paths: ['src'], resources: [{ id: 'bench', mode: 'shared' as const }] };
    const run = asking({
      resources: { bench: 9 },
      tasks: [
        lexer(both),
        gate,
        task('after', { agent: 'tester', dependsOn: ['lexer'] }),
        task('last', { agent: 'tester', dependsOn: ['after'] }),
        task('same', { agent: 'builder', dependsOn: ['gate'] }),
        task('inside', { agent: 'tester', paths: ['src/a'], dependsOn: ['gate'] }),
        task('alone', { agent: 'tester', resources: [{ id: 'bench', mode: 'exclusive' }], dependsOn: ['gate'] }),
        task('shares', { agent: 'tester', resources: [{ id: 'bench', mode: 'shared' }], dependsOn: ['gate'] }),
        task('other', { agent: 'tester', paths: ['docs'], dependsOn: ['gate'] }),
      ],
      contingencies: [when(escalated, { hold: true })],
    });
    expect(run.heldIds()).toEqual(['after', 'last', 'same', 'inside', 'alone']);
    const more = [task('new', { agent: 'builder' }), task('free', { agent: 'spare' })];
    run.happen({ type: 'amended', amendment: { revision: 1, tasks: more } });
    expect([run.stateOf('new'), run.stateOf('free')]).toEqual(['waiting', 'running']);
  });

  test('an attempt at work goes on, and is held when it has to be done again', () => {
    const run = asking({
      tasks: [lexer(), task('busy', { agent: 'builder' })],
      contingencies: [when(escalated, { hold: true })],
    });
    run.finish('busy');
    expect(run.stateOf('busy')).toBe('done');
    const again = asking({
      tasks: [lexer(), task('busy', { agent: 'builder' })],
      contingencies: [when(escalated, { hold: true })],
    });
    again.fail('busy');
    expect(again.stateOf('busy')).toBe('waiting');
    again.decide('skip');
    expect(again.stateOf('busy')).toBe('running');
  });

  test('what was being moved waits, and nothing that is held is moved', () => {
    const run = runWatched({
      tasks: [
        lexer(),
        task('one', { budget: { timeMs: null, attempts: 9 } }),
        task('two', { budget: { timeMs: null, attempts: 9 } }),
      ],
      agents,
      escalation: chain,
      contingencies: [{ ...when(escalated, { hold: true }), tasks: ['one', 'two'] }],
      reallocation: {
        on: ['unavailable'],
        factor: 2,
        blockedForMs: 1,
        limit: 3,
        backoffMs: 0,
        negotiateWithinMs: 1,
        wrapUpWithinMs: 1,
        acknowledgeWithinMs: 1,
      },
    });
    run.start();
    run.fail('one', { fault: 'died' });
    expect(Object.values(run.state.reallocations ?? {})).toHaveLength(1);
    run.fail('lexer');
    run.fail('two', { fault: 'died' });
    expect(Object.values(run.state.reallocations ?? {})).toHaveLength(0);
    expect(['one', 'two'].map((id) => run.runOf(id).isHeld)).toEqual([true, true]);
    run.decide('retry');
    expect(run.atWork()).toEqual(['lexer', 'one', 'two']);
  });

  test('others stand in, have another priority, are skipped or told about, as the plan names them', () => {
    const run = asking({
      tasks: [
        lexer(),
        gate,
        task('same', { agent: 'builder', dependsOn: ['gate'] }),
        task('extra', { agent: 'tester', dependsOn: ['gate'] }),
      ],
      contingencies: [
        when(escalated, { useAgent: 'spare' }, { priority: 'low' }, { notify: ['ops'] }),
        { ...when(escalated, { skip: true }), tasks: ['extra'] },
      ],
    });
    expect(run.stateOf('extra')).toBe('skipped');
    expect(run.runOf('same').priority).toBe('low');
    expect(run.state.alerts.find(({ id }) => id === 'contingency/1')).toMatchObject({ kind: 'performance', via: ['ops'] });
    run.finish('gate');
    expect(run.agentIdOf('same')).toBe('spare');
    run.decide('reject');
    expect(run.runOf('same').priority).toBe('normal');
    expect(run.textsOf('contingencyUndone')[1]).toContain('stays so');
  });

  test('a decision that amends the plan counts when the revision is in force; what is called off asks nobody any more', () => {
    const given = { tasks: [lexer(), gate], contingencies: [when(escalated, { pause: true })] };
    const run = asking(given);
    run.decide('change', { data: { estimate: '2m' } });
    expect([run.state.phase, run.inForce()]).toEqual(['paused', ['0']]);
    run.happen({ type: 'proposalSettled', proposal: 1, why: null });
    expect([run.state.phase, run.inForce()]).toEqual(['running', []]);
    const dropped = asking(given);
    dropped.happen({ type: 'amended', amendment: { revision: 1, tasks: [{ ...lexer(), cancelled: true }] } });
    expect([dropped.state.phase, dropped.inForce()]).toEqual(['running', []]);
  });

  test('it is over with the sprint', () => {
    const run = asking({ tasks: [lexer()], contingencies: [when(escalated, { concurrency: 1 }, { priority: 'low' })] });
    run.decide('reject');
    expect([run.state.phase, run.inForce(), run.alerts()]).toEqual(['failed', [], []]);
  });
});

describe('what a chain has done while it is asked', () => {
  const two = [lexer(), task('other', { agent: 'tester', ...once }), task('gate', { agent: 'spare' })];

  test('is in force until the last of two escalations is over, and is in the words of each', () => {
    const run = asking({
      tasks: [...two, task('same', { agent: 'builder', dependsOn: ['gate'] })],
      escalation: meanwhile({ hold: true }, { concurrency: 2 }, { priority: 'urgent' }, { notify: ['ops'] }),
    });
    run.fail('other');
    expect(run.alerts()).toEqual(['escalation/1', 'escalation/1/meanwhile', 'escalation/2', 'escalation/2/meanwhile']);
    expect(run.measures()).toContain(
      'while people are asked: the work is held, at most 2 at work at a time, priority is urgent, ops is told (the lane of work of lexer)',
    );
    run.finish('gate');
    expect([run.stateOf('same'), run.runOf('same').priority]).toEqual(['waiting', 'urgent']);
    run.decide('retry', {}, 2);
    expect([run.stateOf('same'), run.inForce()]).toEqual(['waiting', ['escalation/1']]);
    run.decide('skip');
    expect([run.stateOf('same'), run.inForce(), run.runOf('same').priority]).toEqual(['running', [], 'normal']);
  });

  test('pauses the sprint once, which goes on when nobody is asked any more', () => {
    const run = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    expect(run.state.phase).toBe('paused');
    run.fail('other');
    run.decide('skip');
    expect(run.state.phase).toBe('paused');
    run.decide('skip', {}, 2);
    expect(run.state.phase).toBe('running');
    expect(run.events().filter((event) => event === 'paused' || event === 'resumed')).toEqual(['paused', 'resumed']);
  });

  test('does not let go in between when an escalation is lost and begun anew', () => {
    const run = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    run.happen({ type: 'procedureEnded', kind: 'escalation', n: 1, outcome: null, reason: 'terminated' });
    expect([run.state.phase, run.inForce()]).toEqual(['paused', ['escalation/2']]);
    expect(run.events()).not.toContain('resumed');
  });

  test('does not resume what people have paused, or what the declared end pauses', () => {
    const paused = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    expect(paused.send('pause', { by: 'dora' })).toBe('accepted');
    expect(paused.send('pause', { by: 'dora' })).toContain('NotAllowedInPhase');
    paused.decide('skip');
    expect([paused.state.phase, paused.state.reason]).toEqual(['paused', 'paused by dora']);
    const held = asking({ tasks: two, escalation: { ...meanwhile({ pause: true }), otherwise: 'hold' } });
    held.decide('hold', { by: null, how: 'silence' });
    expect([held.state.phase, held.inForce()]).toEqual(['paused', []]);
    const resumed = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    resumed.send('resume', { by: 'dora' });
    resumed.send('pause', { by: 'dora' });
    resumed.decide('skip');
    expect(resumed.state.phase).toBe('paused');
  });

  test('is undone by a rollback, after which the sprint goes on', () => {
    const run = asking({ tasks: [lexer()], escalation: meanwhile({ pause: true }, { hold: true }) });
    run.decide('rollback');
    expect([run.state.phase, run.state.rollback?.next ?? null, run.inForce()]).toEqual(['running', null, []]);
    expect(run.stateOf('lexer')).toBe('running');
    const busy = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    busy.decide('rollback');
    expect([busy.state.phase, busy.state.rollback?.next]).toEqual(['rollingBack', 'running']);
    const stopped = asking({ tasks: two, escalation: meanwhile({ pause: true }) });
    stopped.decide('stop');
    expect([stopped.state.phase, stopped.inForce()]).toEqual(['stopping', []]);
  });

  test('holds for what began under it, whatever the chain becomes by an amendment', () => {
    const run = asking({ tasks: two, escalation: meanwhile({ concurrency: 1 }) });
    run.happen({ type: 'amended', amendment: { revision: 1, tasks: [{ ...lexer(), escalation: chain }] } });
    expect(run.inForce()).toEqual(['escalation/1']);
    run.decide('retry');
    run.fail('lexer');
    expect([run.asked(), run.inForce()]).toEqual([['task/lexer'], []]);
  });

  test('is a measure of an emergency that goes before it, and holds no task where it names none', () => {
    const bench = task('b', { agent: 'tester', resources: [{ id: 'bench', mode: 'shared' }] });
    const run = asking({ tasks: [lexer(), bench], escalation: meanwhile({ hold: true }, { concurrency: 1 }) });
    run.probe('resource', 'bench', 'down');
    expect(run.emergencies()[0]?.measures).toEqual([
      'nothing that needs it starts; what is at work goes on',
      'while people are asked: the work is held, at most 1 at work at a time',
    ]);
    expect(run.inForce()).toEqual(['escalation/1', 'escalation/2']);
    run.probe('resource', 'bench', 'up');
    expect(run.inForce()).toEqual(['escalation/1']);
  });
});
