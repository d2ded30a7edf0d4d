import { expect, it } from 'vitest';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

it('of many neighbours a request names ten, and never the agent itself', () => {
  const many = Array.from({ length: 24 }, (_, number) => `t${String(number).padStart(2, '0')}`);
  const sprint = runSprint({
    agents: many.map((id) => agent(`a-${id}`)),
    tasks: [...many.map((id) => task(id)), ...['x', 'y', 'z'].map((id) => task(id, { dependsOn: many }))],
  });
  sprint.start();
  const digest = sprint.performed().at(-1)?.digestOfOthers.split('\n') ?? [];
  expect(digest).toHaveLength(10);
  expect(new Set(digest).size).toBe(10);
  expect(digest).not.toContain(`${sprint.agentIdOf('t23')}: t23`);
});
