import { z } from 'zod';
import { argument, argv } from '../config/argv.ts';
import { millisecondsOr } from '../duration.ts';
import { count, duration, fields, id } from '../source/shape.ts';

/** A command of the worker's config that tells whether something works: exit code 0 says that it does. */
export interface ProbeConfig {
  /** argv; elements that name a file relative to the config are absolute here. */
  readonly run: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** From the end of one to the beginning of the next. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** In a row that count as down. */
  readonly failures: number;
}

/** Something outside that tasks need and nobody leases; its circuit breaker keeps work from what is down. */
export interface DependencyConfig {
  readonly id: string;
  /** null: only attempts tell of it, by errors of the type `DependencyDown`. */
  readonly probe: ProbeConfig | null;
  /** Attempts in a row that say so open the circuit. */
  readonly failures: number;
  readonly openForMs: number;
}

const ENV_RULE = 'a name of letters, digits and "_" that does not begin with PACT_';
export const envSchema = z.record(z.string().regex(/^(?!PACT_)[A-Za-z_][A-Za-z0-9_]*$/, { error: ENV_RULE }), argument);

export const probeSchema = fields({
  run: argv,
  env: envSchema.nullish(),
  every: duration.nullish(),
  timeout: duration.nullish(),
  failures: count(100).nullish(),
});

export const dependencySchema = fields({
  id,
  probe: probeSchema.nullish(),
  failures: count(100).nullish(),
  openFor: duration.nullish(),
});

const DEFAULT_FAILURES = 2;

type ToArgv = (run: readonly string[]) => readonly string[];

export const toProbe = ({ run, env, every, timeout, failures }: z.output<typeof probeSchema>, toArgv: ToArgv): ProbeConfig => ({
  run: toArgv(run),
  env: env ?? {},
  everyMs: millisecondsOr(every, 30_000),
  timeoutMs: millisecondsOr(timeout, 10_000),
  failures: failures ?? DEFAULT_FAILURES,
});

export const toDependency = (
  { id: own, probe, failures, openFor }: z.output<typeof dependencySchema>,
  toArgv: ToArgv,
): DependencyConfig => ({
  id: own,
  probe: probe ? toProbe(probe, toArgv) : null,
  failures: failures ?? DEFAULT_FAILURES,
  openForMs: millisecondsOr(openFor, 60_000),
});
