import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../domain/config/config.ts';
import type { ProbeConfig } from '../domain/emergencies/probe-config.ts';
import type { ProbeEvidence, ProbeTarget } from '../domain/emergencies/probe.ts';
import { runToEvidence, toTail, type BaseEnvironment, type RunCommand } from './command-runner.ts';

export interface ProbeDeps {
  readonly config: Pick<Config, 'baseDir' | 'resources' | 'dependencies'>;
  readonly runCommand: RunCommand;
  readonly baseEnvironment: BaseEnvironment;
}

const TAIL_BYTES = 500;

/** Runs a probe once, in a home of its own that is gone afterwards. */
export async function runProbe(
  { config, runCommand, baseEnvironment }: ProbeDeps,
  { run, env, timeoutMs }: Pick<ProbeConfig, 'run' | 'env' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly evidence: ProbeEvidence }> {
  const folder = await mkdtemp(join(tmpdir(), 'pact-probe-'));
  try {
    const result = await runToEvidence(runCommand, {
      argv: run,
      cwd: config.baseDir,
      env: { ...baseEnvironment, HOME: folder, TMPDIR: folder, ...env },
      timeoutMs,
      signal,
    });
    const tail = toTail(result.tail.trim(), TAIL_BYTES);
    const said = tail === '' ? '' : `. It said: ${tail}`;
    const detail =
      result.failure === null
        ? `exit 0 after ${Math.round(result.durationMs)} ms`
        : `${run.join(' ').slice(0, 300)}: ${result.failure}; expected exit code 0${said}`;
    return { ok: result.failure === null, evidence: { command: run, exitCode: result.exitCode, detail, tail } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything of the config that can be watched, without digests. */
export const toTargets = ({
  resources,
  dependencies,
}: Pick<Config, 'resources' | 'dependencies'>): Omit<ProbeTarget, 'digest'>[] => [
  ...resources.flatMap(({ id, probe }) => (probe ? [{ kind: 'resource' as const, id }] : [])),
  ...dependencies.map(({ id, failures, openForMs }) => ({
    kind: 'dependency' as const,
    id,
    breaker: { failures, openForMs },
  })),
];

/** The probe of a target; null: it has none, or this worker does not have the target. */
export const findProbe = (
  { resources, dependencies }: Pick<Config, 'resources' | 'dependencies'>,
  { kind, id }: Pick<ProbeTarget, 'kind' | 'id'>,
): ProbeConfig | null => (kind === 'resource' ? resources : dependencies).find((one) => one.id === id)?.probe ?? null;
