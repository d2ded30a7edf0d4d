import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRoster, type Roster } from '../../src/activities/roster.ts';
import { programDigest } from '../../src/adapters/processes/program.ts';
import type { AgentConfig, Config } from '../../src/domain/config/config.ts';
import { commandAgent } from './attempt-fixture.ts';

let top: string;
let digestsRead: number;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'pact-roster-'));
  digestsRead = 0;
});
afterEach(() => rm(top, { recursive: true, force: true }));

async function rosterIn(name: string, agents: (baseDir: string) => readonly AgentConfig[]): Promise<Roster> {
  const baseDir = join(top, name);
  await mkdir(baseDir, { recursive: true });
  await writeFile(join(baseDir, 'agent.mjs'), 'first');
  const checks = [{ id: 'tests', run: ['node', join(baseDir, 'agent.mjs')], timeoutMs: 1, env: {} }];
  const taskQueues = { workflows: 'pact', agents: 'pact-agents' };
  return createRoster({
    config: { agents: agents(baseDir), checks, baseDir, taskQueues, stallAfterMs: 7 } as unknown as Config,
    programDigest: async (argv) => {
      digestsRead += 1;
      return await programDigest(argv, baseDir);
    },
  });
}
const builder = (baseDir: string, change: Partial<AgentConfig['adapter']> = {}) =>
  commandAgent('builder', ['node', join(baseDir, 'agent.mjs')], change);

describe('the roster', () => {
  it('has profiles without commands, with the defaults of the config', async () => {
    const ann: AgentConfig = {
      ...commandAgent('ann', []),
      adapter: { kind: 'human', people: null, withinMs: 5, otherwise: 'skip' },
    };
    const roster = await rosterIn('a', (baseDir) => [builder(baseDir), { ...ann, queue: 'desk', stallAfterMs: 1 }]);
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    const plain = { title: null, skills: [], capacity: 1, digest };
    expect(await roster.profiles()).toEqual([
      { ...plain, id: 'builder', kind: 'command', queue: 'pact-agents', stallAfterMs: 7, human: null },
      {
        ...plain,
        id: 'ann',
        kind: 'human',
        queue: 'desk',
        stallAfterMs: 1,
        human: { people: ['ann'], withinMs: 5, otherwise: 'skip' },
      },
    ]);
    expect(await roster.find('nobody')).toBeNull();
  });

  it('gives the same digest to the same folder at another place', async () => {
    const [one, two] = [await rosterIn('one', (dir) => [builder(dir)]), await rosterIn('two', (dir) => [builder(dir)])];
    expect((await one.find('builder'))?.digest).toBe((await two.find('builder'))?.digest);
    expect(await one.checks()).toEqual(await two.checks());
  });

  it.each([
    ['its environment', { env: { MODE: 'fast' } }],
    ['its input', { input: 'stream' as const }],
    ['its probe', { probe: ['node', '--version'] }],
  ])('gives another digest to an agent with another of %s', async (_, change) => {
    const one = await rosterIn('one', (dir) => [builder(dir)]);
    const two = await rosterIn('two', (dir) => [builder(dir, change)]);
    expect((await one.find('builder'))?.digest).not.toBe((await two.find('builder'))?.digest);
  });

  it('notices a program file that is written anew or replaced, and does not read one again that is not', async () => {
    const roster = await rosterIn('a', (dir) => [builder(dir)]);
    const digest = async () => (await roster.find('builder'))?.digest;
    const first = await digest();
    expect(await digest()).toBe(first);
    expect(digestsRead).toBe(1);
    await writeFile(join(top, 'a/agent.mjs'), 'other');
    const second = await digest();
    await writeFile(join(top, 'a/new.mjs'), 'third');
    await rename(join(top, 'a/new.mjs'), join(top, 'a/agent.mjs'));
    const third = await digest();
    expect(new Set([first, second, third]).size).toBe(3);
    expect(digestsRead).toBe(3);
  });
});
