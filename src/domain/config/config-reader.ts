import { DEFAULT_TOP_UP_WITHIN_MS, DEFAULT_WARN_AT, toBudget } from '../budget.ts';
import { millisecondsOr, toMilliseconds } from '../duration.ts';
import { toDependency, toProbe } from '../emergencies/probe-config.ts';
import { err, ok, type Result } from '../result.ts';
import type { Finding, Path } from '../source/finding.ts';
import { type Problem, quote, toProblems } from '../source/problem.ts';
import { readShape } from '../source/shape.ts';
import { checkJson, type Source } from '../source/source.ts';
import { checkChannels, toChannel } from './channel-config.ts';
import {
  DEFAULT_AMENDMENTS,
  DEFAULT_BUDGET,
  type AgentConfig,
  type AmendmentThresholds,
  type AuthorizationPolicy,
  type Config,
} from './config.ts';
import { configSchema, LATER_IN_CONFIGS, type WrittenConfig } from './config-schema.ts';
import { checkSlots, toSlots } from './slots.ts';

/** The folder of the config file, seen from outside this pure part. */
export interface ConfigFolder {
  /** Absolute path. */
  readonly baseDir: string;
  /** Absolute path of the regular file that `name` is relative to the folder; null when it is none. */
  readonly fileAt: (name: string) => string | null;
  /** Absolute path of `path`, relative to the folder unless absolute. */
  readonly absolute: (path: string) => string;
}

/** A config as written to the config with every default and absolute paths, or every mistake in it at once. Never throws. */
export function parseConfig(source: Source, folder: ConfigFolder): Result<Config, Problem[]> {
  const guard = checkJson(source.data);
  if (guard.length > 0) return err(toProblems(source, guard));
  const { value, findings } = readShape(configSchema, source.data, LATER_IN_CONFIGS);
  if (value === null) return err(toProblems(source, findings));
  const faults = [
    ...checkIds(value),
    ...checkChannels(value),
    ...checkAuthorization(value),
    ...checkTimes(value),
    ...checkSlots(value),
    ...checkAnswers(value),
  ];
  return faults.length > 0 ? err(toProblems(source, faults)) : ok(toConfig(value, folder));
}

function checkIds(written: WrittenConfig): Finding[] {
  const lists = ['agents', 'checks', 'resources', 'channels', 'dependencies'] as const;
  return lists.flatMap((name) =>
    twice(
      name,
      (written[name] ?? []).map(({ id }) => id),
    ),
  );
}

function twice(list: string, ids: readonly string[]): Finding[] {
  return ids.flatMap((id, index): Finding[] => {
    const first = ids.indexOf(id);
    if (first === index) return [];
    const at = [list, index, 'id'];
    return [
      {
        at,
        expected: 'another id',
        got: quote(id),
        message: `the id ${quote(id)} is there twice`,
        hint: `${list}[${first}] has it already`,
      },
    ];
  });
}

/** A person is asked by the inbox. */
function checkAnswers({ agents }: WrittenConfig): Finding[] {
  return agents.flatMap(({ adapter, answers }, index): Finding[] => {
    if (adapter.kind !== 'human' || !answers?.length) return [];
    const hint = 'take it out: people find questions in the inbox';
    return [{ at: ['agents', index, 'answers'], message: 'answers is for command agents', hint }];
  });
}

function checkAuthorization({ authorization }: WrittenConfig): Finding[] {
  const at: Path = ['authorization'];
  const { mode, required } = authorization ?? {};
  const approvers = authorization?.approvers ?? [];
  const findings: Finding[] = [];
  if (mode === 'named' && approvers.length === 0) {
    findings.push({
      at,
      expected: 'approvers',
      got: 'none',
      message: 'authorization by named people names nobody',
      hint: 'list them in approvers',
    });
  }
  if (mode === 'anyone' && approvers.length > 0) {
    const hint = 'take the mode out: with approvers it is named';
    findings.push({ at: [...at, 'mode'], message: 'authorization by anyone must not list approvers', hint });
  }
  if (new Set(approvers).size < approvers.length) {
    findings.push({ at: [...at, 'approvers'], message: 'an approver is there twice', hint: 'required counts distinct people' });
  }
  const isImpossible = approvers.length > 0 && (required ?? 1) > new Set(approvers).size;
  if (isImpossible) {
    const message = `${required} approvals are required of ${approvers.length} approvers`;
    findings.push({ at: [...at, 'required'], expected: `at most ${approvers.length}`, got: String(required), message });
  }
  return findings;
}

/** Heartbeats are sent about every second: a shorter limit would lose every attempt. */
function checkTimes({ heartbeatTimeout }: WrittenConfig): Finding[] {
  if (millisecondsOr(heartbeatTimeout, 10_000) >= 3_000) return [];
  const got = quote(String(heartbeatTimeout));
  return [
    {
      at: ['heartbeatTimeout'],
      expected: 'at least 3s',
      got,
      message: `expected at least 3s; got ${got}`,
      hint: 'heartbeats come every second',
    },
  ];
}

function toConfig(written: WrittenConfig, folder: ConfigFolder): Config {
  return {
    agents: written.agents.map((agent) => toAgent(agent, folder)),
    checks: (written.checks ?? []).map(({ id, run, timeout, env }) => ({
      id,
      run: toArgv(run, folder),
      timeoutMs: millisecondsOr(timeout, 600_000),
      env: env ?? {},
    })),
    resources: (written.resources ?? []).map(({ id, capacity, probe }) => ({
      id,
      capacity: capacity ?? 1,
      ...(probe ? { probe: toProbe(probe, (run) => toArgv(run, folder)) } : {}),
    })),
    dependencies: (written.dependencies ?? []).map((one) => toDependency(one, (run) => toArgv(run, folder))),
    channels: (written.channels ?? []).map((channel) => toChannel(channel, (run) => toArgv(run, folder))),
    notify: written.notify ?? [],
    workspaces: { kind: 'directory' },
    authorization: toAuthorization(written.authorization),
    budget: {
      warnAt: written.budget?.warnAt ?? DEFAULT_WARN_AT,
      withinMs: millisecondsOr(written.budget?.within, DEFAULT_TOP_UP_WITHIN_MS),
    },
    stallAfterMs: millisecondsOr(written.stallAfter, 600_000),
    heartbeatTimeoutMs: millisecondsOr(written.heartbeatTimeout, 10_000),
    killGraceMs: millisecondsOr(written.killGrace, 2_000),
    artifacts: { dir: folder.absolute(written.artifacts?.dir ?? '.pact/artifacts') },
    taskQueues: { workflows: written.taskQueues?.workflows ?? 'pact', agents: written.taskQueues?.agents ?? 'pact-agents' },
    slots: toSlots(written.slots),
    baseDir: folder.baseDir,
  };
}

function toAgent(agent: WrittenConfig['agents'][number], folder: ConfigFolder): AgentConfig {
  const { adapter } = agent;
  const budget = toBudget(agent.budget);
  const base = {
    id: agent.id,
    title: agent.title ?? null,
    skills: agent.skills ?? [],
    queue: agent.queue ?? null,
    stallAfterMs: agent.stallAfter ? toMilliseconds(agent.stallAfter) : null,
    ...(agent.answers?.length ? { answers: agent.answers } : {}),
    ...(budget === undefined ? {} : { budget }),
    ...(typeof agent.cost === 'number' ? { cost: agent.cost } : {}),
  };
  if (adapter.kind === 'human') {
    const { people, within, otherwise, wrapUpWithin } = adapter;
    const human = {
      kind: 'human',
      people: people ?? null,
      withinMs: millisecondsOr(within, 86_400_000),
      otherwise: otherwise ?? 'fail',
      ...(wrapUpWithin ? { wrapUpWithinMs: toMilliseconds(wrapUpWithin) } : {}),
    } as const;
    return { ...base, capacity: agent.capacity ?? 100, adapter: human };
  }
  const { run, env, input, probe } = adapter;
  const command = { kind: 'command', run: toArgv(run, folder), env: env ?? {}, input: input ?? 'once' } as const;
  return { ...base, capacity: agent.capacity ?? 1, adapter: { ...command, probe: probe ? toArgv(probe, folder) : null } };
}

/** Elements that name a file of the folder become absolute. A program without a slash is found on PATH, not in the folder. */
function toArgv(run: readonly string[], folder: ConfigFolder): string[] {
  return run.map((element, index) =>
    (index === 0 && !element.includes('/')) || element === '' ? element : (folder.fileAt(element) ?? element),
  );
}

function toAuthorization(written: WrittenConfig['authorization']): AuthorizationPolicy {
  const approvers = written?.approvers ?? [];
  const mode = written?.mode ?? (approvers.length > 0 ? 'named' : 'anyone');
  const amendments = written?.amendments ? { amendments: toThresholds(written.amendments) } : {};
  return {
    mode,
    approvers,
    required: written?.required ?? 1,
    expiresMs: millisecondsOr(written?.expires, 86_400_000),
    ...amendments,
  };
}

type WrittenThresholds = NonNullable<NonNullable<WrittenConfig['authorization']>['amendments']>;

const toThresholds = ({ tasks, estimate, agents, checks, budget }: WrittenThresholds): AmendmentThresholds => ({
  tasks: toPercent(tasks, DEFAULT_AMENDMENTS.tasks),
  estimate: toPercent(estimate, DEFAULT_AMENDMENTS.estimate),
  agents: agents ?? DEFAULT_AMENDMENTS.agents,
  checks: checks ?? DEFAULT_AMENDMENTS.checks,
  ...(budget ? { budget: toPercent(budget, DEFAULT_BUDGET) } : {}),
});

const toPercent = (written: string | null | undefined, otherwise: number | null): number | null =>
  written === 'any' ? null : written ? Number.parseInt(written, 10) : otherwise;
