// A worker to be killed: starts a reaper and agents, writes the agents' pids to `host` in its folder, and waits.
// argv: folder of the code under test, running folder, own folder, number of agents, program of the agent and its arguments.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const [, , code, runningDir, folder, count, ...argv] = process.argv;
const { startReaper } = await import(join(code, 'reaper-client.js'));
const { startProcess } = await import(join(code, 'managed-process.js'));
const reaper = await startReaper({ runningDir, log: (line) => console.error(line) });
const agents = Array.from({ length: Number(count) }, (_, index) => {
  const cwd = join(folder, String(index));
  mkdirSync(cwd);
  const marker = `host ${process.pid}/task/${index}`;
  reaper.note({ token: `token-${index}` });
  const { env } = process;
  return startProcess({
    argv,
    cwd,
    env: { PATH: env.PATH },
    marker,
    killGraceMs: 10_000,
    stdin: 'ignore',
    registry: reaper,
    onOutput: () => {},
  });
});
writeFileSync(
  join(folder, 'host.new'),
  JSON.stringify({ pid: process.pid, reaper: reaper.pid, agents: agents.map(({ pid }) => pid) }),
);
renameSync(join(folder, 'host.new'), join(folder, 'host'));
setInterval(() => {}, 60_000);
