import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { deliverable, runSprint } from './sprint-run.ts';
import { agent, task } from './sprint-definition.ts';

/** As the next run gets it: through text. */
const carry = ({ sprint }: ReturnType<typeof runSprint>) =>
  fromCarriedState(sprint.definition, JSON.parse(JSON.stringify(toCarriedState(sprint))));

describe('state of a sprint for its next run', () => {
  it('is the same before the start, under way and at the end', () => {
    const run = runSprint({
      tasks: [
        task('a', { resources: [{ id: 'rig', mode: 'exclusive' }] }),
        task('b', { dependsOn: ['a'] }),
        task('c'),
        task('d', { dependsOn: ['c'] }),
      ],
      agents: [agent('x', { capacity: 2 }), agent('y', { kind: 'human' })],
    });
    const expectSame = (): void => expect(carry(run).state).toEqual(run.sprint.state);
    expectSame();
    run.start();
    expectSame();
    run.report('a', { status: 'blocked', blocking_issues: ['no disk'] });
    expectSame();
    run.finish('a', [deliverable('text')]);
    run.fail('c', { retryable: false });
    expectSame();
    run.finish('b');
    expect(run.sprint.state.phase).toBe('failed');
    expectSame();
  });

  it('of 10,000 tasks, half of them done, is a fifth of what it is written out', () => {
    const tasks = Array.from({ length: 10_000 }, (_, n) => task(`t${n}`, { paths: [`src/${n}`] }));
    const run = runSprint({ tasks, agents: [agent('x', { capacity: 500 })] });
    run.start();
    while (run.sprint.state.ended < 5_000) for (const id of run.atWork()) run.finish(id);
    const bytes = jsonBytes(toCarriedState(run.sprint));
    expect(bytes).toBeLessThan(jsonBytes(run.sprint.state) / 5);
    expect(bytes).toBeLessThan(512 * 1024);
    expect(carry(run).state).toEqual(run.sprint.state);
  });
});
