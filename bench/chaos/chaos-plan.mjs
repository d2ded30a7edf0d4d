import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const AGENTS = ['builder', 'tester', 'writer'];
/** Ways of an agent to be hard to kill; every fourth task each. */
const HABITS = [[], [{ child: 'group' }], [{ ignoreTerm: true }], [{ ignoreTerm: true }, { child: 'session' }]];

/**
 * Writes the config of the drill and answers its path. Attempts are lost quickly here: a drill takes minutes, not hours.
 * @param {{folder: string, agentProgram: string, queue: string}} options
 */
export function writeChaosConfig({ folder, agentProgram, queue }) {
  const path = join(folder, 'pact.config.yaml');
  const run = [process.execPath, agentProgram];
  const agents = AGENTS.map((id) => ({ id, adapter: { kind: 'command', run }, capacity: 2 }));
  const taskQueues = { workflows: queue, agents: `${queue}-agents` };
  writeFileSync(path, JSON.stringify({ agents, taskQueues, heartbeatTimeout: '3s', killGrace: '1s' }, null, 2));
  return path;
}

/**
 * Two sprints of `size` and `size − 1` tasks (at least 6). Each delivers a text made of what it depends on, so that one wrong
 * input changes everything after it. No task may fail even once, except one that fails its first attempt by itself: an attempt
 * that is lost must not count. The last task waits for the file `gate`, so that the plan cannot be over before the last kill.
 */
export function toChaosPlan(gate, size) {
  const build = Array.from({ length: size }, (_, n) => toTask('build', n, n < 4 ? [] : [`build-${n - 4}`, `build-${n - 3}`]));
  const ship = Array.from({ length: size - 1 }, (_, n) =>
    toTask('ship', n, n < 3 ? [`build-${size - 1 - n}`] : [`ship-${n - 3}`, `ship-${n - 2}`]),
  );
  const last = ship.at(-1);
  last.input.steps.unshift({ until: gate });
  const moody = build[5];
  moody.input.steps.unshift({ failUntilAttempt: 2 });
  moody.budget.attempts = 2;
  const sprints = [
    { id: 'build', tasks: build },
    { id: 'ship', tasks: ship },
  ];
  return { pact: 1, project: { name: 'Chaos drill' }, sprints };
}

function toTask(sprint, n, dependsOn) {
  const work = { pace: { everyMs: 250, totalMs: 700 + ((n * 7) % 5) * 300 } };
  return {
    id: `${sprint}-${n}`,
    agent: AGENTS[n % AGENTS.length],
    dependsOn,
    estimate: '2s',
    budget: { attempts: 1 },
    deliverables: [{ id: 'text', path: 'text.txt' }],
    input: { steps: [...HABITS[n % HABITS.length], work, { combine: 'text.txt' }] },
  };
}
