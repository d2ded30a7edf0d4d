import { describe, expect, it } from 'vitest';
import { toFolders } from '../../../src/domain/sprint/lease-needs.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const many = agent('many', { capacity: 100 });
const needs = (...ids: string[]) => ({
  resources: ids.map((id) => ({
    id: id.replace('~', ''),
    mode: id.startsWith('~') ? ('shared' as const) : ('exclusive' as const),
  })),
});

describe('leases of resources', () => {
  it.each([
    { what: 'an exclusive lease is alone', tasks: [task('a', needs('x')), task('b', needs('x'))], together: 'a' },
    { what: 'an exclusive lease waits for shared ones', tasks: [task('a', needs('~x')), task('b', needs('x'))], together: 'a' },
    {
      what: 'shared leases go together up to the capacity',
      tasks: [task('a', needs('~x')), task('b', needs('~x')), task('c', needs('~x'))],
      together: 'a b',
    },
    {
      what: 'a resource that nothing declares has capacity 1',
      tasks: [task('a', needs('~y')), task('b', needs('~y'))],
      together: 'a',
    },
    {
      what: 'a resource called like something that every record has is like any other',
      tasks: [task('a', needs('~constructor')), task('b', needs('~constructor'))],
      together: 'a',
    },
    {
      what: 'a task that wants both modes gets the exclusive one',
      tasks: [task('a', needs('x', '~x')), task('b', needs('~x'))],
      together: 'a',
    },
    { what: 'other resources do not matter', tasks: [task('a', needs('x')), task('b', needs('y'))], together: 'a b' },
  ])('$what', ({ tasks, together }) => {
    const sprint = runSprint({ tasks, agents: [many], resources: { x: 2 } });
    sprint.start();
    expect(sprint.atWork().join(' ')).toBe(together);
    for (let [next] = sprint.atWork(); next; [next] = sprint.atWork()) sprint.finish(next);
    expect(sprint.state.phase).toBe('completed');
  });

  it('two tasks that want the same two resources in opposite order never wait for each other', () => {
    const sprint = runSprint({ tasks: [task('a', needs('x', 'y')), task('b', needs('y', 'x'))], agents: [many] });
    sprint.start();
    expect(sprint.atWork()).toEqual(['a']);
    sprint.finish('a');
    expect(sprint.atWork()).toEqual(['b']);
  });

  it('each grant carries a larger fencing token, and only declared resources are shown to the agent', () => {
    const tasks = [task('a', { ...needs('x'), paths: ['src'] }), task('b', needs('x'))];
    const sprint = runSprint({ tasks, agents: [many] });
    sprint.start();
    sprint.fail('a');
    sprint.finish('a');
    expect(sprint.performed().map(({ task: { id }, leases }) => [id, leases])).toEqual([
      ['a', [{ resource: 'x', mode: 'exclusive', token: 1 }]],
      ['a', [{ resource: 'x', mode: 'exclusive', token: 2 }]],
      ['b', [{ resource: 'x', mode: 'exclusive', token: 3 }]],
    ]);
  });

  it('who waits for a resource gets it in the order of priority', () => {
    const tasks = [task('a', needs('x')), task('b', needs('x')), task('c', needs('x')), task('d', needs('x'))];
    const sprint = runSprint({ tasks, agents: [many] });
    sprint.start();
    sprint.send('setPriority', { by: 'ann', taskId: 'd', priority: 'urgent' });
    sprint.finish('a');
    expect(sprint.atWork()).toEqual(['d']);
  });

  it('a more pressing task that comes later overtakes those that wait for the resource', () => {
    const tasks = [
      task('holder', { ...needs('x'), priority: 'urgent' }),
      task('b', needs('x')),
      task('root', { priority: 'low' }),
      task('c', { ...needs('x'), dependsOn: ['root'], priority: 'high' }),
    ];
    const sprint = runSprint({ tasks, agents: [many] });
    sprint.start();
    sprint.finish('root');
    sprint.finish('holder');
    expect(sprint.atWork()).toEqual(['c']);
    sprint.finish('c');
    expect(sprint.atWork()).toEqual(['b']);
  });

  it('a task that is woken by one resource and blocked by another lets the next have the first', () => {
    const tasks = [
      task('x1', { ...needs('x'), priority: 'urgent' }),
      task('y1', { ...needs('y'), priority: 'urgent' }),
      task('both', { ...needs('x', 'y'), priority: 'high' }),
      task('x2', needs('x')),
    ];
    const sprint = runSprint({ tasks, agents: [many] });
    sprint.start();
    expect(sprint.atWork()).toEqual(['x1', 'y1']);
    sprint.finish('x1');
    expect(sprint.atWork()).toEqual(['y1', 'x2']);
  });

  it('shared waiters do not hide behind an exclusive one', () => {
    const tasks = [
      task('a', { ...needs('~x'), priority: 'urgent' }),
      task('b', { ...needs('~x'), priority: 'urgent' }),
      task('alone', { ...needs('x'), priority: 'high' }),
      task('c', needs('~x')),
    ];
    const sprint = runSprint({ tasks, agents: [many], resources: { x: 2 } });
    sprint.start();
    sprint.finish('a');
    expect(sprint.atWork()).toEqual(['b', 'c']);
  });

  it('a released resource goes to as many shared waiters as it has room for, whatever else they need', () => {
    const tasks = [
      task('alone', { ...needs('x'), priority: 'urgent' }),
      task('b', needs('~x')),
      task('c', needs('~x', '~y')),
      task('d', needs('~x', '~z')),
    ];
    const sprint = runSprint({ tasks, agents: [many], resources: { x: 2 } });
    sprint.start();
    sprint.finish('alone');
    expect(sprint.atWork()).toEqual(['b', 'c']);
  });

  it('a task that was woken, found no agent and is blocked elsewhere by then does not keep the resource from others', () => {
    const tasks = [
      task('x1', { ...needs('x'), agent: 'bo', priority: 'urgent' }),
      task('both', { ...needs('x', 'y'), agent: 'al', priority: 'high' }),
      task('x2', { ...needs('x'), agent: 'al' }),
      task('y1', { ...needs('y'), agent: 'bo' }),
      task('plain', { agent: 'al', priority: 'low' }),
    ];
    const sprint = runSprint({ tasks, agents: [agent('al'), agent('bo')] });
    sprint.start();
    sprint.finish('x1');
    expect(sprint.atWork()).toEqual(['y1', 'plain']);
    sprint.finish('plain');
    expect(sprint.atWork()).toEqual(['x2', 'y1']);
  });

  it('leases are free again when an attempt fails or is lost', () => {
    const sprint = runSprint({ tasks: [task('a', needs('x')), task('b', needs('x'))], agents: [many] });
    sprint.start();
    sprint.fail('a', { retryable: false });
    expect(sprint.atWork()).toEqual(['b']);
    sprint.fail('b', { cause: 'lost' });
    expect(sprint.runOf('b').attempt).toBe(2);
  });
});

describe('declared paths', () => {
  it.each([
    { what: 'the same file', a: 'src/x.ts', b: 'src/x.ts', together: false },
    { what: 'a folder and what lies in it', a: 'src', b: 'src/deep/x.ts', together: false },
    { what: 'the root and anything', a: '.', b: 'docs/x.md', together: false },
    { what: 'siblings', a: 'src/a', b: 'src/b', together: true },
    { what: 'names of which one begins like the other', a: 'src/a', b: 'src/ab', together: true },
  ])('$what: together $together', ({ a, b, together }) => {
    const sprint = runSprint({ tasks: [task('a', { paths: [a] }), task('b', { paths: [b] })], agents: [many] });
    sprint.start();
    expect(sprint.atWork()).toHaveLength(together ? 2 : 1);
    expect(sprint.performed()[0]?.leases).toEqual([]);
  });

  it('a task may declare a folder and something in it', () => {
    const sprint = runSprint({
      tasks: [task('a', { paths: ['src/x', 'src'] }), task('b', { paths: ['src/y'] })],
      agents: [many],
    });
    sprint.start();
    expect(sprint.atWork()).toEqual(['a']);
  });

  it('a path is the folders that lead to it', () => {
    expect(toFolders('./src//a')).toEqual(['.', 'src', 'a']);
    expect(toFolders('.')).toEqual(['.']);
  });
});
