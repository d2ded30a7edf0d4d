import { z } from 'zod';

/** What a worker watches with a command for the plans that use it: a shared resource, or an external dependency. */
export interface ProbeTarget {
  readonly kind: 'resource' | 'dependency';
  readonly id: string;
  /** SHA-256 (hex) over its config and the content of its probe's program files; null: it has no probe, only attempts tell of it. */
  readonly digest: string | null;
  /** Of dependencies: how many failures in a row open the circuit, and for how long (ms) before a trial. */
  readonly breaker?: { readonly failures: number; readonly openForMs: number };
}

/** What plans use that is watched, and by the workers of which queue. */
export interface Probed {
  readonly queue: string;
  readonly targets: readonly ProbeTarget[];
}

/** What a probe showed, of its program and never of an agent. */
export interface ProbeEvidence {
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly detail: string;
  /** Last lines of its output. */
  readonly tail: string;
}

/** `down`: enough probes in a row have failed. `trialFailed`: one more has, after the time that a circuit stays open. */
export const PROBE_NEWS = ['down', 'trialFailed', 'up'] as const;
export type ProbeNews = (typeof PROBE_NEWS)[number];

export interface ProbeChange {
  readonly kind: ProbeTarget['kind'];
  readonly id: string;
  readonly news: ProbeNews;
  readonly evidence: ProbeEvidence;
}

/** Signal of whoever runs probes to the sprint: `{key, changes}`. */
export const PROBE_CHANGES = 'probeChanges';

export const probeChangeSchema: z.ZodType<ProbeChange> = z.object({
  kind: z.enum(['resource', 'dependency']),
  id: z.string().max(128),
  news: z.enum(PROBE_NEWS),
  evidence: z.object({
    command: z.array(z.string().max(4_096)).max(200),
    exitCode: z.int().nullable(),
    detail: z.string().max(1_000),
    tail: z.string().max(4_096),
  }),
});

/** How a target looks to whoever probes it. */
export interface ProbeStanding {
  /** null: another watch was there before, and what it has told last is not known. */
  readonly isDown: boolean | null;
  /** In a row. */
  readonly failures: number;
}

/**
 * One more probe: how the target looks now, and what is news about it; null: nothing has changed. Where it is not known what was told last,
 * the first thing that is certain is news.
 * @param limit Failures in a row that count as down.
 * @param hasBreaker One that is down is tried once in a while: that it still is, is news then.
 */
export function judgeProbe(
  { isDown, failures }: ProbeStanding,
  ok: boolean,
  { limit, hasBreaker }: { readonly limit: number; readonly hasBreaker: boolean },
): { readonly standing: ProbeStanding; readonly news: ProbeNews | null } {
  if (ok) return { standing: { isDown: false, failures: 0 }, news: isDown === false ? null : 'up' };
  const isDownNow = isDown === true || failures + 1 >= limit;
  const news = isDown === true ? (hasBreaker ? 'trialFailed' : null) : isDownNow ? 'down' : null;
  return { standing: { isDown: isDownNow || isDown, failures: failures + 1 }, news };
}

export const targetKey = ({ kind, id }: Pick<ProbeTarget, 'kind' | 'id'>): string => `${kind}/${id}`;
