import { toTargets } from './activities/probe-run.ts';
import { testAgents, testChannels, testChecks, testStop, testTargets } from './activities/readiness.ts';
import { toBaseEnvironment } from './activities/command-runner.ts';
import { createChannels } from './adapters/channels/config-channels.ts';
import { checkProgram } from './adapters/processes/program.ts';
import { runCommand } from './adapters/processes/run-command.ts';
import { drillStop } from './adapters/processes/stop-drill.ts';
import type { Config } from './domain/config/config.ts';
import type { ReadinessItem } from './domain/prepared.ts';

/** The readiness test that a worker of this config would make of everything in it, without a worker or a server. */
export async function checkReadiness(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<readonly ReadinessItem[]> {
  const baseEnvironment = toBaseEnvironment(env);
  const find = (argv: readonly string[], own: Readonly<Record<string, string>> = baseEnvironment) =>
    checkProgram(argv, config.baseDir, own);
  const channels = createChannels(config.channels, {
    runCommand,
    checkProgram: (argv) => find(argv),
    baseDir: config.baseDir,
    env: baseEnvironment,
    readVariable: (name) => env[name],
    writeLine: () => {},
  });
  // What is started here ends within this call: no reaper has to know of it.
  const drill = () => drillStop({ register: () => ({ started: () => {}, release: () => {} }) });
  const deps = { config, channels, runCommand, checkProgram: find, drillStop: drill, baseEnvironment };
  const agentIds = config.agents.map((agent) => agent.id);
  const checkIds = config.checks.map((check) => check.id);
  return [
    ...(await testAgents(deps, agentIds, signal)),
    ...(await testChecks(deps, checkIds)),
    ...(await testTargets(deps, toTargets(config), signal)),
    ...(await testChannels(deps, signal)),
    await testStop(deps),
  ];
}
