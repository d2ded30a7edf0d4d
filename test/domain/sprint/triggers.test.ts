import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/domain/plan/plan.ts';
import { agent, START, task } from './sprint-definition.ts';
import { deliverable, runSprint } from './sprint-run.ts';

type Sprint = ReturnType<typeof runSprint>;

/** `late` waits for the condition; `al` does everything else. */
const withTrigger = (when: Condition, more: Partial<Parameters<typeof runSprint>[0]> = {}): Sprint =>
  runSprint({
    tasks: [
      task('a', { agent: 'al' }),
      task('b', { agent: 'al', priority: 'low', budget: { timeMs: null, attempts: 2 } }),
      task('c', { agent: 'late' }),
    ],
    agents: [agent('al'), agent('late')],
    checkpoints: [{ id: 'freeze', after: ['a'], agents: ['al'] }],
    triggers: [{ agent: 'late', when }],
    ...more,
  });

const steps: Record<string, (sprint: Sprint) => unknown> = {
  start: (sprint) => sprint.start(),
  'a delivers': (sprint) => sprint.finish('a', [deliverable('code')]),
  'a fails for good': (sprint) => sprint.fail('a', { retryable: false }),
  'b fails': (sprint) => sprint.fail('b'),
  'b finishes': (sprint) => sprint.finish('b'),
  '5 s pass': (sprint) => sprint.passTime(5_000),
};

describe('activation triggers', () => {
  it.each<{ when: Condition; fires: string; before: string[]; log: string }>([
    { when: { task: 'b', reached: 'started' }, before: ['start'], fires: 'a delivers', log: 'task b has started' },
    { when: { task: 'a', reached: 'finished' }, before: ['start'], fires: 'a delivers', log: 'task a has finished' },
    { when: { task: 'a', reached: 'failed' }, before: ['start'], fires: 'a fails for good', log: 'task a has failed' },
    { when: { deliverable: 'code', of: 'a' }, before: ['start'], fires: 'a delivers', log: 'deliverable code of a is there' },
    { when: { checkpoint: 'freeze' }, before: ['start'], fires: 'a delivers', log: 'checkpoint freeze is passed' },
    {
      when: { metric: 'error_rate', above: 40 },
      before: ['start', 'a delivers'],
      fires: 'b fails',
      log: 'error_rate is above 40',
    },
    {
      when: { metric: 'overall_progress', above: 50 },
      before: ['start', 'a delivers'],
      fires: 'b finishes',
      log: 'overall_progress is above 50',
    },
    {
      when: { metric: 'error_rate', above: 90, below: 10 },
      before: [],
      fires: 'start',
      log: 'error_rate is above 90 or below 10',
    },
    { when: { afterMs: 5_000 }, before: ['start'], fires: '5 s pass', log: '5s have passed' },
    {
      when: { at: new Date(START + 4_000).toISOString() },
      before: ['start'],
      fires: '5 s pass',
      log: `it is ${new Date(START + 4_000).toISOString()}`,
    },
    {
      when: { at: new Date(START - 1).toISOString() },
      before: [],
      fires: 'start',
      log: `it is ${new Date(START - 1).toISOString()}`,
    },
    {
      when: { all: [{ task: 'a', reached: 'finished' }, { afterMs: 5_000 }] },
      before: ['start', 'a delivers'],
      fires: '5 s pass',
      log: '(task a has finished and 5s have passed)',
    },
    {
      when: { any: [{ task: 'b', reached: 'failed' }, { afterMs: 5_000 }] },
      before: ['start'],
      fires: '5 s pass',
      log: '(task b has failed or 5s have passed)',
    },
  ])(
    'an agent that waits for $log starts work when that holds and not before, and the log says so',
    ({ when, before, fires, log }) => {
      const sprint = withTrigger(when);
      for (const step of before) steps[step]?.(sprint);
      expect(sprint.stateOf('c')).toBe('waiting');
      steps[fires]?.(sprint);
      expect(sprint.stateOf('c')).toBe('running');
      expect(sprint.textsOf('agentActivated')).toEqual([`late is activated: ${log}`]);
    },
  );

  it.each<{ what: string; when: Condition; active: boolean }>([
    { what: 'a task that finished there has finished', when: { task: 'spec', reached: 'finished' }, active: true },
    { what: 'and has started', when: { task: 'spec', reached: 'started' }, active: true },
    { what: 'and has not failed', when: { task: 'spec', reached: 'failed' }, active: false },
    { what: 'what it delivered is there', when: { deliverable: 'code', of: 'spec' }, active: true },
    { what: 'what it did not deliver is not', when: { deliverable: 'other', of: 'spec' }, active: false },
    {
      what: 'what a task that nobody knows should deliver is not there either',
      when: { deliverable: 'code', of: 'unheard-of' },
      active: false,
    },
    { what: 'a checkpoint passed there has been passed', when: { checkpoint: 'of-earlier' }, active: true },
    { what: 'one that nobody knows has not', when: { checkpoint: 'unheard-of' }, active: false },
    { what: 'a task of a parallel sprint has reached nothing', when: { task: 'elsewhere', reached: 'started' }, active: false },
  ])('of an earlier sprint: $what', ({ when, active }) => {
    const delivered = [{ task: 'spec', deliverables: [deliverable('code')] }];
    const sprint = withTrigger(when, { delivered, passedCheckpoints: ['of-earlier'] });
    sprint.start();
    expect(sprint.state.agents[1]?.active).toBe(active);
  });

  it('one of several triggers is enough, and a second that fires later says nothing more', () => {
    const triggers = [
      { agent: 'late', when: { task: 'a', reached: 'finished' } as const },
      { agent: 'late', when: { afterMs: 5_000 } },
      { agent: 'al', when: { afterMs: 0 } },
      { agent: 'of-another-sprint', when: { afterMs: 1 } },
    ];
    const sprint = withTrigger({ afterMs: 1 }, { triggers });
    sprint.start();
    sprint.finish('a');
    sprint.finish('c');
    sprint.passTime(6_000);
    expect(sprint.events().filter((event) => event === 'agentActivated')).toHaveLength(2);
    expect(sprint.state.firedTriggers).toEqual([true, false, true]);
  });

  it('a trigger whose other condition is not due yet waits for it', () => {
    const sprint = withTrigger({ all: [{ afterMs: 1_000 }, { afterMs: 5_000 }] });
    sprint.start();
    sprint.passTime(2_000);
    expect(sprint.stateOf('c')).toBe('waiting');
    sprint.passTime(4_000);
    expect(sprint.stateOf('c')).toBe('running');
  });

  it('several triggers of one agent on the same task are all looked at', () => {
    const triggers = [
      { agent: 'late', when: { task: 'a', reached: 'failed' } as const },
      { agent: 'late', when: { task: 'a', reached: 'finished' } as const },
    ];
    const sprint = withTrigger({ afterMs: 1 }, { triggers });
    sprint.start();
    sprint.finish('a');
    expect(sprint.stateOf('c')).toBe('running');
  });

  it('nobody is activated any more while the sprint is being cancelled', () => {
    const sprint = withTrigger({ metric: 'overall_progress', above: 10 });
    sprint.start();
    sprint.happen({ type: 'cancelRequested' });
    sprint.fail('a', { cause: 'stopped' });
    expect(sprint.state.phase).toBe('cancelled');
    expect(sprint.events()).not.toContain('agentActivated');
  });
});
