import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { ProbeConfig } from '../domain/emergencies/probe-config.ts';
import {
  judgeProbe,
  PROBE_CHANGES,
  type ProbeChange,
  type ProbeEvidence,
  type ProbeStanding,
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
  /** Another watch was there before, and may have told something that the sprint has not taken yet. */
  readonly isAgain: boolean;
}

export interface WatchProbesDeps extends ProbeDeps {
  readonly roster: Pick<Roster, 'probeDigest'>;
  readonly temporal: Pick<TemporalCalls, 'signal'>;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
}

/** What has changed is told again so long after it could not be. */
const TELL_AGAIN_MS = 1_000;
/** Between two looks whether the probe is the one that was authorized. */
const LOOK_AGAIN_MS = 5_000;

/**
 * The activity `watchProbes`: runs the probes of what a sprint uses for as long as the sprint is under way, and tells it when one shows
 * something else than before, never otherwise. Ends when it is cancelled or the sprint is gone.
 */
export function createWatchProbes(deps: WatchProbesDeps): (input: WatchProbesInput) => Promise<void> {
  return async (input) =>
    await whileBeating(async (cancelled) => {
      const gone = new AbortController();
      const signal = AbortSignal.any([cancelled, gone.signal]);
      const tell = createTeller(deps, input, gone, signal);
      const isAgain = input.isAgain || Context.current().info.attempt > 1;
      const watches = input.targets.map((target) => watchTarget(deps, target, { isAgain, tell, signal }));
      await Promise.all(watches).catch((error: unknown) => {
        if (!gone.signal.aborted) throw error;
      });
      cancelled.throwIfAborted();
    });
}

interface Watch {
  readonly isAgain: boolean;
  readonly tell: (change: ProbeChange) => Promise<void>;
  readonly signal: AbortSignal;
}

async function watchTarget(deps: WatchProbesDeps, target: ProbeTarget, { isAgain, tell, signal }: Watch): Promise<void> {
  const { kind, id, breaker } = target;
  if (target.digest === null) return;
  let standing: ProbeStanding = { isDown: isAgain ? null : false, failures: 0 };
  let probe: ProbeConfig | null = null;
  for (;;) {
    // As long as it is another one: its files may be there again.
    probe ??= await findAuthorized(deps, target);
    const { ok, evidence } = probe ? await runProbe(deps, probe, signal) : { ok: false, evidence: toOtherProbe(deps, target) };
    signal.throwIfAborted();
    const judged = judgeProbe(standing, ok, { limit: probe?.failures ?? 1, hasBreaker: breaker !== undefined });
    standing = judged.standing;
    if (judged.news !== null) await tell({ kind, id, news: judged.news, evidence });
    // The circuit stays open for a while; a resource is looked at as before.
    const waitMs = standing.isDown === true && breaker ? breaker.openForMs : (probe?.everyMs ?? LOOK_AGAIN_MS);
    await pause(waitMs, undefined, { signal });
  }
}

async function findAuthorized({ config, roster }: WatchProbesDeps, target: ProbeTarget): Promise<ProbeConfig | null> {
  const probe = findProbe(config, target);
  return probe !== null && (await roster.probeDigest(probe)) === target.digest ? probe : null;
}

/** The authorization named another probe than the one that is here: what is not watched as agreed counts as down. */
function toOtherProbe({ config }: WatchProbesDeps, target: ProbeTarget): ProbeEvidence {
  const { kind, id } = target;
  const probe = findProbe(config, target);
  const detail =
    probe === null
      ? `this worker has no probe of ${kind} ${id}: workers of one queue share one config`
      : `the probe of ${kind} ${id} is not the one that was authorized: restore it, or start the plan again`;
  return { command: probe?.run ?? [], exitCode: null, detail, tail: '' };
}

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
