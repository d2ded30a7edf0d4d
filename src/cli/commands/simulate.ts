import { Command } from 'commander';
import { toAgentProfile } from '../../domain/config/agent-profile.ts';
import type { Config } from '../../domain/config/config.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { resolvePlan, toWorkerFacts } from '../../domain/plan/resolved-plan.ts';
import type { ResolvedPlan } from '../../domain/prepared.ts';
import { simulatePlan } from '../../domain/simulation/simulate-plan.ts';
import { numberWithin, wholeNumber } from '../numbers.ts';
import { foldersFor, ProblemsError, readPlan, requireConfig } from '../plan-input.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import type { Terminal } from '../terminal.ts';

interface SimulateFlags {
  readonly config?: string;
  readonly runs: number;
  readonly seed: number;
  readonly spread: number;
  readonly failureRate: number;
  readonly json?: boolean;
}

export function simulateCommand(terminal: Terminal): Command {
  return new Command('simulate')
    .summary('play a plan in virtual time: end, order, load, what one more slot brings')
    .description(
      'Plays a plan in virtual time with the rules that run it for real: when it would end, in which order, how busy each agent would ' +
        'be and what one more slot of it would bring. Needs no server and starts nothing.',
    )
    .argument('<plan>', 'plan, YAML or JSON')
    .option('--config <path>', 'config (default: pact.config.yaml beside the plan or in this folder)')
    .option('--runs <n>', 'replications, where something is uncertain', wholeNumber(1, 10_000), 100)
    .option('--seed <n>', 'seed of what is random: the same seed gives the same answer', wholeNumber(0, 2 ** 31 - 1), 1)
    .option('--spread <sigma>', 'σ of the lognormal factor on each estimate; 0: they are exact', numberWithin(0, 3), 0)
    .option('--failure-rate <p>', 'share of the attempts that fail', numberWithin(0, 0.99), 0)
    .option('--json', 'print JSON')
    .action((path: string, flags: SimulateFlags) => {
      const config = requireConfig(flags.config, foldersFor(path, terminal.cwd));
      const resolved = resolve(readPlan(path, config).plan, config);
      const { runs, seed, spread, failureRate } = flags;
      const simulation = simulatePlan(resolved, { runs, seed, spread, failureRate, startAt: Date.now() });
      if (flags.json === true) return terminal.printJson(simulation);
      terminal.print(...renderSimulation(resolved, simulation, terminal.view()));
    });
}

/** Digests play no part here: nothing is authorized. */
function resolve(plan: Plan, config: Config): ResolvedPlan {
  const agents = config.agents.map((agent) => toAgentProfile(agent, config, ''));
  const checks = config.checks.map(({ id }) => ({ id, digest: '' }));
  const resolved = resolvePlan(plan, toWorkerFacts(config, agents, checks));
  if (!resolved.ok) throw new ProblemsError(resolved.error, 'plan');
  return resolved.value;
}
