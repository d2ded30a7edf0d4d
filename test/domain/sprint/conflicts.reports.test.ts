import { describe, expect, it } from 'vitest';
import { runMediating } from './mediating-run.ts';
import { agent, task, type GivenSprint } from './sprint-definition.ts';
import { deliverable } from './sprint-run.ts';

const calm = { durationMs: 3_600_000 };
const passed = { check: 'unit', ok: true, command: [], exitCode: 0, durationMs: 1, tail: '' };

describe('an agent that contradicts itself', () => {
  const runOne = (given: Partial<GivenSprint> = {}) =>
    runMediating({ tasks: [task('a', { estimateMs: 100_000 }), task('b', { dependsOn: ['a'] })], ...given });

  it('by progress that goes back: the newest report counts where there is time for it', () => {
    const run = runOne(calm);
    run.report('a', { progress_percentage: 60 });
    run.report('a', { progress_percentage: 50 });
    expect(run.found()).toEqual([]);
    run.report('a', { progress_percentage: 20 });
    run.report('a', { progress_percentage: 90 });
    run.report('a', { progress_percentage: 0 });
    expect(run.found()).toHaveLength(1);
    expect(run.textsOf('conflictFound')[0]).toContain('its progress went back from 50 to 20 %, which is 30s of work');
    expect(run.resolved()).toMatchObject([{ kind: 'report', decision: 'continue', by: 'slack' }]);
    expect(run.cancelled()).toEqual([]);
  });

  it('by progress that goes back with no time left: whoever the plan names says whether it is begun anew', () => {
    const run = runOne();
    run.report('a', { progress_percentage: 60 });
    run.report('a', { progress_percentage: 20 });
    expect(run.asked()).toMatchObject([{ options: ['continue', 'restart', 'hold', 'stop'] }]);
    run.end({ decision: 'restart', note: 'it is lost' });
    expect(run.cancelled()).toEqual(['a#1']);
    run.release('a');
    expect(run.performed().at(-1)).toMatchObject({ attempt: 2, feedback: [expect.stringContaining('it is lost')] });
  });

  it('by a result after it was blocked: what the engine has seen counts', () => {
    const run = runOne();
    run.report('a', { status: 'blocked', blocking_issues: ['no key'] });
    run.finish('a', [deliverable('out')]);
    expect(run.stateOf('a')).toBe('done');
    expect(run.resolved()).toMatchObject([{ decision: 'accept', by: 'evidence', why: '1 deliverables are there' }]);
    const checked = runOne();
    checked.report('a', { status: 'error' });
    checked.happen({ type: 'taskFinished', taskId: 'a', attempt: 1, summary: null, deliverables: [], checks: [passed] });
    expect(checked.resolved()).toMatchObject([{ by: 'evidence', why: '1 checks of the engine passed' }]);
  });

  it.each([
    ['accept', 'done', 'running'],
    ['redo', 'running', 'waiting'],
    ['fallback', 'running', 'waiting'],
  ])('by a result without anything to see: the task waits, and "%s" makes it %s', (decision, state, after) => {
    const run = runOne();
    run.report('a', { status: 'blocked', blocking_issues: ['no key'] });
    run.finish('a');
    expect(run.stateOf('a')).toBe('waiting');
    expect(run.stateOf('b')).toBe('waiting');
    expect(run.asked()[0]?.cause.text).toContain('its last report was "blocked" at 50 % (no key), then it said that it is done.');
    run.end({ decision });
    expect([run.stateOf('a'), run.stateOf('b')]).toEqual([state, after]);
    if (decision === 'accept') expect(run.runOf('a').summary).toBe('a is done');
    else expect(run.runOf('a')).toMatchObject({ attempt: 2, failures: 1, summary: null });
  });

  it('by such a result in the last attempt that it has: it fails when that does not count', () => {
    const run = runOne({ tasks: [task('a', { budget: { timeMs: null, attempts: 1 } })] });
    run.report('a', { status: 'blocked' });
    run.finish('a');
    run.end({ decision: 'redo' });
    expect(run.stateOf('a')).toBe('failed');
  });

  it('by such a result in the last attempt, where the plan has a chain: that is asked before the task fails', () => {
    const chain = { levels: [{ to: ['bo'], via: [], withinMs: 1_000 }], otherwise: 'stop' as const };
    const run = runOne({ tasks: [task('a', { budget: { timeMs: null, attempts: 1 } })], escalation: chain });
    run.report('a', { status: 'blocked' });
    run.finish('a');
    run.end({ decision: 'redo', note: 'nothing to see' });
    expect(run.asked().at(-1)?.cause).toMatchObject({ kind: 'taskFailed', key: 'task/a' });
    run.end({ decision: 'retry', by: 'bo' }, 2);
    expect(run.runOf('a')).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('by such a result, before a cancel: nobody is asked any more', () => {
    const run = runOne();
    run.report('a', { status: 'blocked' });
    run.finish('a');
    run.happen({ type: 'cancelRequested' });
    expect(run.state.phase).toBe('cancelled');
    expect(run.told()).toMatchObject([{ type: 'withdrawn' }]);
  });

  it('by such a result after too many conflicts: it counts as it would without mediation', () => {
    const run = runOne({ mediation: { to: ['ann'], withinMs: 1, limit: 1 } });
    run.report('a', { progress_percentage: 90 });
    run.report('a', { progress_percentage: 0 });
    run.report('a', { status: 'blocked' });
    run.finish('a');
    expect(run.stateOf('a')).toBe('done');
    run.report('b', { progress_percentage: 90 });
    run.report('b', { progress_percentage: 0 });
    expect(run.found()).toHaveLength(1);
    expect(run.textsOf('conflictsTooMany')).toHaveLength(1);
  });

  it('by an end without its deliverables: what is there counts, and the attempt fails', () => {
    const run = runOne({ tasks: [task('a', { deliverables: [{ id: 'out', path: 'out.txt' }] })] });
    run.fail('a', { isClaimRefuted: true, message: 'out.txt does not exist' });
    expect(run.found()).toMatchObject([{ evidence: { declared: ['out'] } }]);
    expect(run.resolved()).toMatchObject([{ kind: 'report', decision: 'redo', by: 'evidence' }]);
    expect(run.runOf('a')).toMatchObject({ attempt: 2, failures: 1 });
    run.fail('a');
    expect(run.found()).toHaveLength(1);
    const without = runOne({ mediation: undefined as never });
    without.fail('a', { isClaimRefuted: true });
    expect(without.found()).toEqual([]);
  });
});

describe('two tasks that hand over the same thing', () => {
  const other = (id: string) => ({
    ...deliverable(id),
    path: 'api.json',
    sha256: id.repeat(64).slice(0, 64),
    uri: `file:///${id}`,
  });
  const api = [{ id: 'api', path: 'api.json' }];
  const runTwo = (more: Partial<GivenSprint> = {}) =>
    runMediating({
      agents: [agent('w', { capacity: 9 })],
      tasks: [
        task('a', { deliverables: api }),
        task('b', { deliverables: api, priority: 'low' }),
        task('after-b', { dependsOn: ['b'], estimateMs: 60_000 }),
      ],
      ...more,
    });

  it('have that of the higher priority count for both', () => {
    const run = runTwo();
    run.finish('a', [other('a')]);
    run.finish('b', [other('b')]);
    expect(run.resolved()).toMatchObject([{ kind: 'output', decision: 'a', by: 'priority' }]);
    expect(run.runOf('b').deliverables).toEqual([{ ...other('b'), sha256: other('a').sha256, uri: 'file:///a' }]);
    expect(run.performed().at(-1)?.inputs).toMatchObject([{ task: 'b', deliverable: { uri: 'file:///a' } }]);
  });

  it('are asked about where they are even; who builds on the one that does not count is in conflict, too', () => {
    const run = runTwo({
      tasks: [task('a', { deliverables: api }), task('b', { deliverables: api }), task('c', { dependsOn: ['a'] })],
      ...calm,
    });
    run.finish('a', [other('a')]);
    run.passTime(1_000);
    run.finish('b', [other('b')]);
    expect(run.asked()).toMatchObject([{ cause: { task: 'b' }, options: ['a', 'b', 'hold', 'stop'] }]);
    run.end({ decision: 'b' });
    expect(run.runOf('a').deliverables[0]?.uri).toBe('file:///b');
    expect(run.resolved()).toMatchObject([
      { kind: 'output', decision: 'b', by: 'ann' },
      { kind: 'dependency', decision: 'restart', by: 'slack' },
    ]);
    run.release('c');
    expect(run.performed().at(-1)?.inputs).toMatchObject([{ task: 'a', deliverable: { uri: 'file:///b' } }]);
  });

  it('are in no conflict when it is the same, when one follows the other, or without mediation', () => {
    const same = runTwo();
    same.finish('a', [other('a')]);
    same.finish('b', [other('a')]);
    expect(same.found()).toEqual([]);
    const inLine = runTwo({ tasks: [task('a', { deliverables: api }), task('b', { deliverables: api, dependsOn: ['a'] })] });
    inLine.finish('a', [other('a')]);
    inLine.finish('b', [other('b')]);
    expect(inLine.found()).toEqual([]);
    const without = runTwo({ mediation: undefined as never });
    without.finish('a', [other('a')]);
    without.finish('b', [other('b')]);
    expect(without.found()).toEqual([]);
  });
});

describe('a task that hands over what belongs to another one', () => {
  const run2 = (more: Partial<Parameters<typeof task>[1]> = {}, given: Partial<GivenSprint> = {}) =>
    runMediating({
      agents: [agent('w', { capacity: 9 })],
      tasks: [
        task('docs', { paths: ['docs'], deliverables: [{ id: 'out', path: 'docs/api.md' }], ...more }),
        task('core', { paths: ['src'], dependsOn: ['late'] }),
        task('late'),
      ],
      ...calm,
      ...given,
    });
  const at = (path: string) => [{ ...deliverable('out'), path }];

  it('is in conflict with it: the higher priority decides, the result does not count', () => {
    const run = run2({ priority: 'low' });
    run.finish('docs', at('src/api.md'));
    expect(run.textsOf('conflictFound')[0]).toContain(
      'it hands over src/api.md, outside its own paths (docs) and within those of "core" (src).',
    );
    expect(run.resolved()).toMatchObject([{ kind: 'paths', decision: 'redo', by: 'priority' }]);
    expect(run.runOf('docs')).toMatchObject({ state: 'running', attempt: 2, failures: 1, deliverables: [] });
    const high = run2({ priority: 'high' });
    high.finish('docs', at('src/api.md'));
    expect(high.resolved()).toMatchObject([{ decision: 'accept', by: 'priority' }]);
    expect(high.stateOf('docs')).toBe('done');
  });

  it('is asked about where they are even', () => {
    const run = run2();
    run.finish('docs', at('src/api.md'));
    expect(run.stateOf('docs')).toBe('waiting');
    run.end({ decision: 'accept' });
    expect(run.runOf('docs')).toMatchObject({ state: 'done', deliverables: at('src/api.md') });
  });

  it('is in none where it was declared so, where it has no paths, or where nobody else is concerned', () => {
    const declared = run2({ deliverables: [{ id: 'out', path: 'src/api.md' }] });
    declared.finish('docs', at('src/api.md'));
    const without = run2({ paths: [] });
    without.finish('docs', at('src/api.md'));
    const elsewhere = run2();
    elsewhere.finish('docs', at('tools/api.md'));
    for (const run of [declared, without, elsewhere]) expect([run.stateOf('docs'), run.found()]).toEqual(['done', []]);
  });
});

describe('a dependency that changes under a task at work', () => {
  const tasks = [task('a'), task('b'), task('c', { dependsOn: ['a'], estimateMs: 10_000 })];
  const amend = (run: ReturnType<typeof runMediating>, restart: string[] = []) =>
    run.happen({
      type: 'amended',
      amendment: { revision: 1, tasks: [task('c', { dependsOn: ['a', 'b'], estimateMs: 10_000 })], restart },
    });
  const runThree = (given: Partial<GivenSprint> = {}) => {
    const run = runMediating({ tasks, ...given });
    run.finish('a');
    run.finish('b');
    expect(run.atWork()).toEqual(['c']);
    run.passTime(5_000);
    return run;
  };

  it('is named; the task is begun anew where there is time for that', () => {
    const run = runThree(calm);
    amend(run);
    expect(run.textsOf('conflictFound')[0]).toContain('revision 1 of the plan has it depend on a, b, when it began that was a;');
    expect(run.resolved()).toMatchObject([{ kind: 'dependency', decision: 'restart', by: 'slack' }]);
    expect(run.cancelled()).toEqual(['c#1']);
  });

  it('is asked about where there is not; it may go on, and by silence begins anew', () => {
    const goesOn = runThree({ durationMs: 9_000 });
    goesOn.passTime(60_000);
    amend(goesOn);
    goesOn.end({ decision: 'continue' });
    expect(goesOn.cancelled()).toEqual([]);
    const silent = runThree();
    silent.passTime(60_000);
    amend(silent);
    silent.end({ decision: 'fallback', by: null, how: 'silence' });
    expect(silent.cancelled()).toEqual(['c#1']);
  });

  it('is no conflict when the amendment says that it begins anew, or when it is over meanwhile', () => {
    const restarted = runThree(calm);
    amend(restarted, ['c']);
    expect(restarted.found()).toEqual([]);
    const over = runThree();
    over.passTime(60_000);
    amend(over);
    over.finish('c');
    expect(over.textsOf('conflictOver')).toHaveLength(1);
  });
});
