import { afterAll, describe } from 'vitest';
import { createRun, removeRuns, runner } from './agent-harness.ts';
import { testAgentRunner } from './agent-runner.contract.ts';

afterAll(removeRuns);

const shell = (script: string): readonly string[] => ['sh', '-c', script];
const say = (line: object): string => `echo '${JSON.stringify(line)}'`;
const moving = say({ pact: 'status', status: 'working', progress_percentage: 40 });

describe('agent runner contract: command', () => {
  testAgentRunner({
    createRunner: runner,
    succeeds: () =>
      createRun({
        argv: shell(
          [moving, say({ pact: 'status', outputs_ready: ['code'] }), say({ pact: 'result', summary: 'done' })].join('; '),
        ),
      }),
    fails: () => createRun({ argv: shell('exit 3') }),
    hangs: () => createRun({ argv: shell(`${moving}; sleep 600`) }),
    stalls: () => createRun({ argv: shell(`${moving}; sleep 600`), limits: { stallAfterMs: 400 } }),
    cannotStart: () => createRun({ argv: ['no-such-program-anywhere'] }),
  });
});
