/** What of the worker's own environment an agent gets to see. */
const INHERITED = ['PATH', 'LANG', 'TZ'] as const;

export interface AgentEnvironmentInput {
  readonly worker: Readonly<Record<string, string | undefined>>;
  /** `adapter.env` of the config; wins over everything but the marker. */
  readonly declared: Readonly<Record<string, string>>;
  /** Private folders of the attempt. */
  readonly home: string;
  readonly tmp: string;
}

/**
 * The whole environment of an agent, except `PACT_ATTEMPT`, which the process gets from its starter. Nothing else of the
 * worker's: no credentials, no settings of Node, nothing of its own `PACT_*` or `TEMPORAL_*`.
 */
export function toAgentEnvironment({ worker, declared, home, tmp }: AgentEnvironmentInput): Readonly<Record<string, string>> {
  const inherited = INHERITED.flatMap((name) => {
    const value = worker[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), HOME: home, TMPDIR: tmp, ...declared };
}
