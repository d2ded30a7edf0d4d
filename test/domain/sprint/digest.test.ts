import { expect, it } from 'vitest';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

it('of many neighbours a request names ten, and never the agent itself', () => {
  const ids = Array.from({ length: 25 }, (_, number) => `t${String(number).padStart(2, '0')}`);
  // Each of four tasks comes after seven others of which the last one is among.
  const after = [0, 6, 12, 18].map((from, number) => task(`x${number}`, { dependsOn: [...ids.slice(from, from + 6), 't24'] }));
  const sprint = runSprint({ agents: ids.map((id) => agent(`a-${id}`)), tasks: [...ids.map((id) => task(id)), ...after] });
  sprint.start();
  const digest =
    sprint
      .performed()
      .find((input) => input.task.id === 't24')
      ?.digestOfOthers.split('\n') ?? [];
  expect(digest).toHaveLength(10);
  expect(new Set(digest).size).toBe(10);
  expect(digest.join()).not.toContain('t24');
});
