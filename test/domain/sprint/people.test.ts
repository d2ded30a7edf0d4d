import { describe, expect, it } from 'vitest';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const DAY = 86_400_000;
const ann = agent('ann', { kind: 'human' });
const al = agent('al');
const ask = (id: string, options: string[] = []) => ({
  status: 'blocked' as const,
  blocking_issues: ['which one?'],
  question: { id, text: 'Which one?', options },
});
const signOff = (given: Parameters<typeof task>[1] = {}, human = ann) =>
  runSprint({
    tasks: [task('sign', given), task('ship', { agent: 'al', dependsOn: ['sign'] })].map((one) =>
      one.id === 'sign' ? { ...one, agent: 'ann' } : one,
    ),
    agents: [al, human],
  });

describe('tasks of people', () => {
  it('a human task waits in the inbox with its question, options, deadline and what silence means; no program is started', () => {
    const sprint = signOff({ title: 'Sign off', input: { question: 'Good enough?' } });
    sprint.start();
    expect(Object.values(sprint.state.inbox)).toEqual([
      {
        itemId: 'sign#1',
        kind: 'humanTask',
        title: 'ann: Sign off',
        question: 'Good enough?',
        options: ['done', 'approve', 'reject'],
        people: ['ann'],
        since: new Date(START).toISOString(),
        deadline: new Date(START + 36e5).toISOString(),
        otherwise: 'the task fails',
        sprint: 'core',
        task: 'sign',
        deadlineMs: START + 36e5,
      },
    ]);
    expect(sprint.performed()).toEqual([]);
    // The execution hears of it at once, and tells people.
    expect(sprint.effects()).toContainEqual({ type: 'report' });
  });

  it.each([
    { what: 'its description', given: { description: 'Please read it' }, question: 'Please read it' },
    { what: 'its title', given: {}, question: 'sign' },
  ])('without a question of its own it asks with $what', ({ given, question }) => {
    const sprint = signOff(given);
    sprint.start();
    expect(sprint.state.inbox['sign#1']?.question).toBe(question);
  });

  it('a time budget of the task is the time to answer', () => {
    const sprint = signOff({ budget: { timeMs: 5_000, attempts: 1 } });
    sprint.start();
    expect(sprint.state.inbox['sign#1']?.deadlineMs).toBe(START + 5_000);
  });

  it('a human agent of whom nothing else is said is asked by name, for a day', () => {
    const sprint = signOff({}, { ...ann, human: null });
    sprint.start();
    expect(sprint.state.inbox['sign#1']).toMatchObject({ people: ['ann'], deadlineMs: START + DAY });
    sprint.wake();
    sprint.passTime(DAY);
    expect(sprint.stateOf('sign')).toBe('failed');
  });

  it.each(['done', 'approve'])('"%s" finishes the task and says who', (decision) => {
    const sprint = signOff();
    sprint.start();
    expect(sprint.send('respond', { by: 'ann', itemId: 'sign#1', decision, note: 'fine' })).toBe('accepted');
    expect(sprint.runOf('sign')).toMatchObject({ state: 'done', summary: `ann: ${decision} (fine)` });
    expect(sprint.stateOf('ship')).toBe('running');
    expect(sprint.state.inbox).toEqual({});
    expect(sprint.textsOf('answered')).toEqual([`ann answered "${decision}" to "ann: sign": fine`]);
  });

  it.each([
    { note: undefined, reason: 'rejected by ann' },
    { note: 'not yet', reason: 'rejected by ann: not yet' },
  ])('"reject" fails the task: $reason', ({ note, reason }) => {
    const sprint = signOff();
    sprint.start();
    sprint.send('respond', { by: 'ann', itemId: 'sign#1', decision: 'reject', note });
    expect(sprint.runOf('sign')).toMatchObject({ state: 'failed', reason });
    expect(sprint.stateOf('ship')).toBe('skipped');
    expect(sprint.state.phase).toBe('failed');
  });

  it.each([
    { otherwise: 'fail' as const, state: 'failed', phase: 'failed' },
    { otherwise: 'skip' as const, state: 'skipped', phase: 'completed' },
  ])('when nobody answers what was declared happens: $otherwise', ({ otherwise, state, phase }) => {
    const sprint = signOff({}, { ...ann, human: { people: ['ann'], withinMs: 1_000, otherwise } });
    sprint.start();
    sprint.wake();
    sprint.passTime(1_000);
    const reason = `nobody answered by ${new Date(START + 1_000).toISOString()}`;
    expect(sprint.runOf('sign')).toMatchObject({ state, reason });
    expect(sprint.stateOf('ship')).toBe('skipped');
    expect(sprint.state.phase).toBe(phase);
    expect(sprint.textsOf('nobodyAnswered')[0]).toContain('nobody answered "ann: sign"');
  });
});

describe('questions of agents', () => {
  const asked = (people: 'anyone' | string[] = ['ann', 'bo']) => {
    const sprint = runSprint({ tasks: [task('a'), task('b')], agents: [agent('al', { capacity: 2 })], people });
    sprint.start();
    sprint.report('a', ask('q1', ['left', 'right']));
    return sprint;
  };

  it('a question becomes an inbox item, once, and the answer waits for the worker in the mailbox', () => {
    const sprint = asked();
    sprint.report('a', ask('q1', ['left', 'right']));
    expect(Object.keys(sprint.state.inbox)).toEqual(['a#1/q1']);
    expect(sprint.state.inbox['a#1/q1']).toMatchObject({
      question: 'Which one?',
      people: ['ann', 'bo'],
      deadlineMs: START + DAY,
    });
    expect(sprint.stateOf('a')).toBe('blocked');
    expect(sprint.send('respond', { by: 'bo', itemId: 'a#1/q1', decision: 'left', note: 'faster', data: { lane: 1 } })).toBe(
      'accepted',
    );
    expect(sprint.runOf('a').answers).toEqual([{ questionId: 'q1', decision: 'left', text: 'faster', data: { lane: 1 } }]);
    sprint.report('a', ask('q1', ['left', 'right']));
    expect(sprint.state.inbox).toEqual({});
  });

  it('a question without options takes any answer', () => {
    const sprint = asked('anyone');
    sprint.report('b', ask('q2'));
    expect(sprint.send('respond', { by: 'zoe', itemId: 'b#1/q2', decision: 'the blue one' })).toBe('accepted');
    expect(sprint.runOf('b').answers[0]).toEqual({ questionId: 'q2', decision: 'the blue one', text: null, data: null });
  });

  it('silence is an answer of its own: the agent is told "noAnswer"', () => {
    const sprint = asked();
    sprint.wake();
    sprint.passTime(DAY);
    expect(sprint.runOf('a').answers).toEqual([{ questionId: 'q1', decision: 'noAnswer', text: null, data: null }]);
    expect(sprint.stateOf('a')).toBe('blocked');
  });

  it('a question dies with its attempt', () => {
    const sprint = asked();
    sprint.report('b', ask('q1'));
    sprint.finish('a');
    expect(Object.keys(sprint.state.inbox)).toEqual(['b#1/q1']);
    expect(sprint.runOf('a').answers).toEqual([]);
  });

  it('a sixth open question is refused, and of many answers the last twenty are kept', () => {
    const sprint = asked();
    for (let number = 2; number <= 6; number += 1) sprint.report('a', ask(`q${number}`));
    expect(Object.keys(sprint.state.inbox)).toHaveLength(5);
    expect(sprint.runOf('a').answers).toMatchObject([{ questionId: 'q6', decision: 'noAnswer' }]);
    expect(sprint.textsOf('questionRefused')).toHaveLength(1);
    for (let number = 7; number <= 40; number += 1) sprint.report('a', ask(`q${number}`));
    expect(sprint.runOf('a').answers).toHaveLength(20);
    expect(sprint.runOf('a').answers.at(-1)).toMatchObject({ questionId: 'q40' });
  });

  it.each([
    {
      what: 'an item that is not there',
      body: { by: 'ann', itemId: 'a#9/q1', decision: 'left' },
      refusal: 'UnknownItem: no item "a#9/q1" waits; open are: a#1/q1',
    },
    {
      what: 'an item called like something that every record has',
      body: { by: 'ann', itemId: 'constructor', decision: 'left' },
      refusal: 'UnknownItem: no item "constructor" waits; open are: a#1/q1',
    },
    {
      what: 'a person who may not',
      body: { by: 'mallory', itemId: 'a#1/q1', decision: 'left' },
      refusal: 'NotAnApprover: "mallory" may not answer "a#1/q1"; expected one of: ann, bo',
    },
    {
      what: 'a decision that is no option',
      body: { by: 'ann', itemId: 'a#1/q1', decision: 'up' },
      refusal: 'InvalidMessage: decision: expected one of left, right, got "up"',
    },
  ])('an answer is refused: $what', ({ body, refusal }) => {
    const sprint = asked();
    expect(sprint.send('respond', body)).toBe(refusal);
    sprint.happen({ type: 'responded', ...body });
    expect(Object.keys(sprint.state.inbox)).toEqual(['a#1/q1']);
    expect(sprint.runOf('a').answers).toEqual([]);
  });

  it('an answer to what an attempt asked that is over is stale: expected is what is at work, if anything is', () => {
    const sprint = asked();
    sprint.fail('a');
    const late = { by: 'ann', itemId: 'a#1/q1', decision: 'left' };
    expect(sprint.send('respond', late)).toBe(
      'StaleAttempt: "a#1/q1" is of attempt 1 of "a", which is over; expected attempt 2, which is at work',
    );
    sprint.report('a', ask('q1', ['left']));
    expect(sprint.send('respond', { ...late, itemId: 'a#2/q1' })).toBe('accepted');
    expect(sprint.send('respond', { ...late, itemId: 'a#2/q1' })).toMatch(/^UnknownItem/);
    sprint.finish('a');
    expect(sprint.send('respond', late)).toBe('StaleAttempt: "a#1/q1" is of attempt 1 of "a", which is over; "a" is done');
    expect(sprint.send('respond', { ...late, itemId: 'a#3' })).toMatch(/^UnknownItem/);
    expect(sprint.send('respond', { ...late, itemId: 'a/1#1' })).toMatch(/^UnknownItem/);
  });

  it('a refusal names at most twenty of many, and says when there are none', () => {
    const people = Array.from({ length: 30 }, (_, number) => `p${number}`);
    const sprint = asked(people);
    expect(sprint.send('respond', { by: 'mallory', itemId: 'a#1/q1', decision: 'left' })).toMatch(/p19, …$/);
    sprint.send('respond', { by: 'p0', itemId: 'a#1/q1', decision: 'left' });
    expect(sprint.send('respond', { by: 'p0', itemId: 'a#1/q1', decision: 'left' })).toMatch(/open are: none$/);
  });
});
