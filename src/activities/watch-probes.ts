import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { ProbeConfig } from '../domain/emergencies/probe-config.ts';
import {
  judgeProbe,
  PROBE_CHANGES,
  targetKey,
  type ProbeChange,
  type ProbeEvidence,
  type ProbeTarget,
} from '../domain/emergencies/probe.ts';
import { messageOf } from '../domain/error-message.ts';
import { whileBeating } from './heartbeat.ts';
import { findProbe, runProbe, type ProbeDeps } from './probe-run.ts';
import type { Roster } from './roster.ts';
import type { TemporalCalls } from './temporal-calls.ts';

export interface WatchProbesInput {
  /** Workflow id of the sprint that is told. */
  readonly ownerId: string;
  /** Known to the two alone: nobody else can say that something is down. */
  readonly key: string;
  readonly targets: readonly ProbeTarget[];
  /** Those that the sprint knows to be down, as `<kind>/<id>`. */
  readonly down: readonly string[];
}

export interface WatchProbesDeps extends ProbeDeps {
  readonly roster: Pick<Roster, 'targets'>;
  readonly temporal: Pick<TemporalCalls, 'signal'>;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
}

/** What has changed is told again so long after it could not be. */
const TELL_AGAIN_MS = 1_000;

/**
 * The activity `watchProbes`: runs the probes of what a sprint uses for as long as the sprint is under way, and tells it when one shows
 * something else than before, never otherwise. Ends when it is cancelled or the sprint is gone.
 */
export function createWatchProbes(deps: WatchProbesDeps): (input: WatchProbesInput) => Promise<void> {
  return async (input) =>
    await whileBeating(async (cancelled) => {
      const gone = new AbortController();
      const signal = AbortSignal.any([cancelled, gone.signal]);
      const current = new Map((await deps.roster.targets()).map((target) => [targetKey(target), target.digest]));
      const tell = createTeller(deps, input, gone, signal);
      // A watch that is begun again does not know what the one before has told last.
      const isAgain = Context.current().info.attempt > 1;
      const watches = input.targets.map((target) =>
        watchTarget(deps, { target, isDown: input.down.includes(targetKey(target)), isAgain }, { current, tell, signal }),
      );
      await Promise.all(watches).catch((error: unknown) => {
        if (!gone.signal.aborted) throw error;
      });
      cancelled.throwIfAborted();
    });
}

interface Watch {
  readonly current: ReadonlyMap<string, string | null>;
  readonly tell: (change: ProbeChange) => Promise<void>;
  readonly signal: AbortSignal;
}

async function watchTarget(
  deps: WatchProbesDeps,
  { target, isDown, isAgain }: { readonly target: ProbeTarget; readonly isDown: boolean; readonly isAgain: boolean },
  { current, tell, signal }: Watch,
): Promise<void> {
  const { kind, id, breaker } = target;
  if (target.digest === null) return;
  const probe = findProbe(deps.config, target);
  if (probe === null || current.get(targetKey(target)) !== target.digest) {
    return await tell({ kind, id, news: 'down', evidence: toOtherProbe(target, probe) });
  }
  let standing = { isDown, failures: 0 };
  for (let isFirst = true; ; isFirst = false) {
    const { ok, evidence } = await runProbe(deps, probe, signal);
    signal.throwIfAborted();
    const judged = judgeProbe(standing, ok, { limit: probe.failures, hasBreaker: breaker !== undefined });
    standing = judged.standing;
    const news = judged.news ?? (isAgain && isFirst && ok ? 'up' : null);
    if (news !== null) await tell({ kind, id, news, evidence });
    // The circuit stays open for a while; a resource is looked at as before.
    await pause(standing.isDown && breaker ? breaker.openForMs : probe.everyMs, undefined, { signal });
  }
}

/** The authorization named another probe than the one that is here: what is not watched as agreed counts as down. */
const toOtherProbe = ({ kind, id }: ProbeTarget, probe: ProbeConfig | null): ProbeEvidence => ({
  command: probe?.run ?? [],
  exitCode: null,
  detail:
    probe === null
      ? `this worker has no probe of ${kind} ${id}: workers of one queue share one config`
      : `the probe of ${kind} ${id} is not the one that was authorized: restore it, or start the plan again`,
  tail: '',
});

/** Tells the sprint until it has heard. */
function createTeller(
  { temporal, log }: WatchProbesDeps,
  { ownerId, key }: WatchProbesInput,
  gone: AbortController,
  signal: AbortSignal,
): Watch['tell'] {
  return async (change) => {
    for (;;) {
      try {
        const sent = await temporal.signal(ownerId, PROBE_CHANGES, { key, changes: [change] });
        if (sent === 'gone') gone.abort();
        return;
      } catch (error) {
        log.debug('a probe could not be told of', { ownerId, error: messageOf(error) });
        await pause(TELL_AGAIN_MS, undefined, { signal });
      }
    }
  };
}
