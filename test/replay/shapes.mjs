import { writeFileSync } from 'node:fs';

/**
 * Every shape that an execution can take: sprints of the plan by the path of its gate file, extra config, what people do.
 */
export const shapes = {
  plain: {
    plan: () => [
      { id: 'only', tasks: [task('a', { deliverables: [{ id: 'text', path: 'a.txt' }] }), task('b', { dependsOn: ['a'] })] },
    ],
    play: ({ authorize }) => authorize(),
  },
  retry: {
    plan: () => [{ id: 'only', tasks: [task('a', { input: { steps: [{ failUntilAttempt: 3 }] }, budget: { attempts: 3 } })] }],
    play: ({ authorize }) => authorize(),
  },
  question: {
    plan: () => [
      { id: 'only', tasks: [task('a', { input: { steps: [{ ask: { id: 'q', text: 'Which one?', options: ['x', 'y'] } }] } })] },
    ],
    async play({ authorize, until, update }) {
      await authorize();
      await until(({ inbox }) => inbox.length === 1);
      await update('respond', { by: 'ann', itemId: 'a#1/q', decision: 'x' });
    },
  },
  stopped: {
    plan: (gate) => [
      { id: 'only', tasks: [task('a', { input: { steps: [{ until: gate }] } }), task('b', { dependsOn: ['a'] })] },
    ],
    async play({ authorize, until, update, gate }) {
      await authorize();
      await until(({ tasks }) => tasks.running === 1);
      await update('emergencyStop', { by: 'ann', reason: 'a look' });
      await until(({ phase }) => phase === 'stopped');
      writeFileSync(gate, '');
      await update('resume', { by: 'ann' });
    },
  },
  paused: {
    plan: (gate) => [
      { id: 'only', tasks: [task('a', { input: { steps: [{ until: gate }] } }), task('b', { dependsOn: ['a'] })] },
    ],
    async play({ authorize, until, update, gate }) {
      await authorize();
      await until(({ tasks }) => tasks.running === 1);
      await update('pause', { by: 'ann' });
      writeFileSync(gate, '');
      await until(({ tasks }) => tasks.done === 1);
      await update('resume', { by: 'ann' });
    },
  },
  rejected: {
    plan: () => [{ id: 'only', tasks: [task('a')] }],
    play: ({ authorize }) => authorize('reject'),
  },
  expired: {
    plan: () => [{ id: 'only', tasks: [task('a')] }],
    config: { authorization: { mode: 'anyone', expires: '2s' } },
    play: async () => {},
  },
  failed: {
    plan: () => [
      {
        id: 'only',
        tasks: [task('a', { input: { steps: [{ exit: 3 }] }, budget: { attempts: 2 } }), task('b', { dependsOn: ['a'] })],
      },
    ],
    play: ({ authorize }) => authorize(),
  },
  human: {
    plan: () => [{ id: 'only', tasks: [task('a'), { id: 'sign', agent: 'ann', dependsOn: ['a'] }] }],
    async play({ authorize, until, update }) {
      await authorize();
      await until(({ inbox }) => inbox.some(({ kind }) => kind === 'humanTask'));
      await update('respond', { by: 'ann', itemId: 'sign#1', decision: 'approve', note: 'well done' });
    },
  },
  cancelled: {
    plan: () => [{ id: 'only', tasks: [task('a', { input: { steps: [{ hang: true }] } }), task('b', { dependsOn: ['a'] })] }],
    async play({ authorize, until, handle }) {
      await authorize();
      await until(({ tasks }) => tasks.running === 1);
      await handle.cancel();
    },
  },
  continued: {
    env: { PACT_CONTINUE_AFTER_EVENTS: '20' },
    plan: (gate) => [
      {
        id: 'only',
        tasks: [
          task('long', { input: { steps: [{ until: gate }] } }),
          ...['a', 'b', 'c'].map((id) => task(id, { dependsOn: [] })),
          task('d', { dependsOn: ['c'] }),
          task('e', { dependsOn: ['d'] }),
          ...['f', 'g', 'h'].map((id, place) => task(id, { dependsOn: [['long', 'f', 'g'][place]] })),
        ],
      },
    ],
    async play({ authorize, until, gate }) {
      await authorize();
      await until(({ tasks }) => tasks.done === 5);
      writeFileSync(gate, '');
    },
  },
  escalated: {
    more: {
      escalation: {
        levels: [
          { to: ['ann'], within: '1s' },
          { to: ['ann'], within: '1h' },
        ],
        otherwise: 'stop',
      },
    },
    plan: () => [{ id: 'only', tasks: [task('a', { input: { steps: [{ failUntilAttempt: 2 }] }, budget: { attempts: 1 } })] }],
    async play({ authorize, until, update }) {
      await authorize();
      const itemId = 'a/escalation/1/2';
      await until(({ inbox }) => inbox.some((item) => item.itemId === itemId));
      await update('respond', { by: 'ann', itemId, decision: 'retry' });
    },
  },
  measured: {
    more: {
      escalation: {
        levels: [{ to: ['ann'], within: '1h' }],
        otherwise: 'stop',
        meanwhile: [{ hold: true }, { concurrency: 1 }],
      },
      contingencies: [{ when: { task: 'a' }, tasks: ['d'], do: [{ useAgent: 'spare' }, { priority: 'urgent' }] }],
    },
    plan: () => [
      {
        id: 'only',
        tasks: [
          task('a', { agent: 'worker', input: { steps: [{ failUntilAttempt: 2 }] }, budget: { attempts: 1 } }),
          task('gate', { agent: 'ann' }),
          task('b', { agent: 'worker', dependsOn: ['gate'] }),
          task('c', { agent: 'spare', dependsOn: ['gate'] }),
          { id: 'd', skills: ['work'], dependsOn: ['gate'] },
        ],
      },
    ],
    async play({ authorize, until, update }) {
      await authorize();
      await until(({ inbox }) => inbox.some(({ itemId }) => itemId === 'a/escalation/1/1'));
      await update('respond', { by: 'ann', itemId: 'gate#1', decision: 'done' });
      await until(({ tasks }) => tasks.done === 3);
      await update('respond', { by: 'ann', itemId: 'a/escalation/1/1', decision: 'retry' });
    },
  },
  reallocated: {
    more: { reallocation: {} },
    plan: () => [
      {
        id: 'only',
        tasks: [
          {
            id: 'a',
            skills: ['work'],
            input: { steps: [{ agent: 'worker', error: { type: 'quota', message: 'used up' } }, { acknowledge: true }] },
          },
        ],
      },
    ],
    play: ({ authorize }) => authorize(),
  },
  rolledBack: {
    plan: (gate) => [
      {
        id: 'only',
        tasks: [
          task('a', { input: { steps: [{ write: 'a.txt', text: 'a' }] }, deliverables: [{ id: 'text', path: 'a.txt' }] }),
          task('b', { dependsOn: ['a'], input: { steps: [{ until: gate }] } }),
        ],
      },
    ],
    async play({ authorize, until, update, gate }) {
      await authorize();
      await until(({ tasks }) => tasks.running === 1 && tasks.done === 1);
      await update('rollback', { by: 'ann', to: 'start', reason: 'again' });
      writeFileSync(gate, '');
    },
  },
  amended: {
    config: { authorization: { amendments: { estimate: 'any' } } },
    plan: (gate) => [{ id: 'only', tasks: [task('a', { input: { steps: [{ until: gate }] } })] }],
    async play({ authorize, until, update, gate }) {
      await authorize();
      await until(({ tasks }) => tasks.running === 1);
      await update('amendPlan', { by: 'ann', changes: [{ addTask: { sprint: 'only', task: { id: 'b', agent: 'worker' } } }] });
      writeFileSync(gate, '');
    },
  },
  parallel: {
    plan: () => [
      { id: 'left', dependsOn: [], tasks: [task('l1'), task('l2')] },
      { id: 'right', dependsOn: [], tasks: [task('r1')] },
      { id: 'last', dependsOn: ['left', 'right'], tasks: [task('z')] },
    ],
    play: ({ authorize }) => authorize(),
  },
};

function task(id, more = {}) {
  return { id, agent: 'worker', ...more };
}
