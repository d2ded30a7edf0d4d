import type { Meanwhile } from '../emergencies/contingency.ts';
import { leaseKey } from '../emergencies/emergency-keys.ts';
import type { CauseKind } from '../escalation/escalation.ts';
import type { Priority } from '../plan/plan.ts';
import type { EmergencyNote } from './emergency-notes.ts';
import type { SprintState } from './state.ts';

/** What has failed around the work of a sprint. Plain JSON, bounded by what the plan uses. */
export interface Emergencies {
  /** Under way, by keys such as `resource/bench-machine`. */
  open: Record<string, Emergency>;
  /** The last that are over, newest last. */
  over: Emergency[];
  /** What has been noted and not been acted on yet; empty between two steps. */
  heard: EmergencyNote[];
  /** By the same keys: how many attempts in a row have said that a dependency is down, while its circuit is closed. */
  strikes: Record<string, number>;
  /** When attempts have failed (Unix ms), as many as a quality crisis takes at most; absent: none has. */
  failedAt?: number[];
  /** Contingencies in force, by their place in the definition, and what chains have done meanwhile, by `escalation/<n>`. */
  contingencies: Record<string, ContingencyRun>;
  /** Of tasks whose priority these have changed, by id: as it was before, and as they want it. Absent where they have changed none. */
  priorities?: Record<string, { readonly before: Priority; readonly wanted: Priority }>;
}

export const EMERGENCY_KINDS = [
  'resourceFailure',
  'dependencyDown',
  'qualityCrisis',
  'agentFailure',
  'communicationBreakdown',
] as const satisfies readonly CauseKind[];
export type EmergencyKind = (typeof EMERGENCY_KINDS)[number];

export interface Emergency {
  readonly kind: EmergencyKind;
  /** What it is about: id of a resource, a dependency, a sprint or an agent, or a task queue. */
  readonly id: string;
  /** Unix ms. */
  readonly since: number;
  endedAt: number | null;
  readonly title: string;
  readonly text: string;
  /** What was done about it, in words. */
  measures: string[];
  /** Of a dependency: nothing that needs it starts, or one at a time to find out. */
  circuit?: 'open' | 'halfOpen';
  /** Whoever has found it must see it gone. */
  readonly foundBy: 'probe' | 'attempts';
  /** When it is looked at again: for a trial, or to ask people once more (Unix ms). Absent: when something comes. */
  dueAt?: number;
  /** Attempts that have succeeded in a quality crisis. */
  successes?: number;
  /** People have decided that work goes on nevertheless. */
  isOverridden?: true;
}

export interface ContingencyRun {
  readonly since: number;
  /** What the chain of an escalation has done, as it was when that began; absent: a contingency of the definition. */
  readonly meanwhile?: Meanwhile;
  /** The sprint is paused for it, and goes on when it is over. */
  hasPaused: boolean;
  /** Ids of tasks that were reassigned since: nobody stands in for whoever they were given to. Absent: none. */
  overruled?: readonly string[];
}

export const emergenciesOf = (state: SprintState): Emergencies =>
  (state.emergencies ??= { open: {}, over: [], heard: [], strikes: {}, contingencies: {} });

export const MAX_MEASURES = 10;

/** Notes what was done about it. */
export function noteMeasure({ emergencies }: SprintState, key: string, measure: string): void {
  const emergency = emergencies?.open[key];
  if (emergency) emergency.measures = [...emergency.measures, measure].slice(-MAX_MEASURES);
}

/** How many leases of the resource, by its id in the index, there may be at a time while something is wrong with it; null: as many as ever. */
export function limitOf({ emergencies }: SprintState, resource: string): number | null {
  if (emergencies === undefined) return null;
  const open = emergencies.open[leaseKey(resource)];
  if (!open || open.isOverridden) return null;
  return open.circuit === 'halfOpen' ? 1 : 0;
}
