import { expect, it } from 'vitest';
import { createTurn } from '../../../src/domain/sprint/evolve.ts';
import { rollBackByDecision } from '../../../src/domain/sprint/rollbacks.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

it('a rollback that is decided goes to the checkpoint that was passed last, wherever that stands in the plan', () => {
  const sprint = runSprint({
    agents: [agent('w')],
    tasks: [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })],
    checkpoints: [
      { id: 'second', after: ['b'], agents: ['w'] },
      { id: 'first', after: ['a'], agents: ['w'] },
    ],
  });
  sprint.start();
  for (const id of ['a', 'b']) {
    sprint.passTime(1_000);
    sprint.finish(id);
  }
  rollBackByDecision(createTurn(sprint.sprint), { by: 'ann', reason: 'as decided', next: 'running' });
  expect(sprint.state.reason).toBe('rolled back to checkpoint "second" by ann: as decided');
});
