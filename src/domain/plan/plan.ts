import type { Contingency } from '../emergencies/contingency.ts';
import type { QualityPolicy, SupervisionPolicy } from '../emergencies/policy.ts';
import type { EscalationPolicy } from '../escalation/policy.ts';
import type { MessageKind } from '../agent-message.ts';
import type { Budget } from '../budget.ts';
import type { MediationPolicy } from '../mediation/policy.ts';
import type { ReallocationPolicy } from '../reallocation/policy.ts';

/**
 * A plan with every default filled in and every duration in milliseconds: what the engine works on and what the plan hash
 * covers. `null` stands for "not given". The forms that people write are in `plan-schema.ts`.
 */
export interface Plan {
  readonly pact: 1;
  readonly project: {
    readonly name: string;
    readonly description: string | null;
    readonly timeline: { readonly start: string | null; readonly end: string | null } | null;
  };
  readonly objectives: readonly { readonly id: string; readonly text: string }[];
  /** Shared resources that tasks lease; one that no list declares has capacity 1. */
  readonly resources: readonly Resource[];
  readonly sprints: readonly Sprint[];
  readonly triggers: readonly Trigger[];
  /** Who is asked when something goes wrong that the engine does not decide by itself; absent: nobody, and a failed task fails. */
  readonly escalation?: EscalationPolicy;
  /** When so much fails that less is started; absent: never. */
  readonly quality?: QualityPolicy;
  /** What is noticed of agents and workers beyond single attempts; absent: nothing. */
  readonly supervision?: SupervisionPolicy;
  /** What is done when something fails that was foreseen; absent: nothing was. */
  readonly contingencies?: readonly Contingency[];
  /** Of the whole execution; absent: no limit. */
  readonly budget?: Budget;
  /** What a Temporal cancel does with what has been done: `compensate` rolls it back; absent: it stays as it is. */
  readonly onCancel?: 'compensate';
  /** When work is moved to another agent; absent: never, other than by `reassignTask`. */
  readonly reallocation?: ReallocationPolicy;
  /** Conflicts are looked for and decided; absent: they are not. */
  readonly mediation?: MediationPolicy;
}

export interface Resource {
  readonly id: string;
  /** Shared leases at a time; an exclusive lease takes them all. */
  readonly capacity: number;
}

export interface Sprint {
  readonly id: string;
  readonly title: string;
  /** Sprints that must have completed first. Not given in the source: the one before it in the list. */
  readonly dependsOn: readonly string[];
  /** Planned length; a sprint past it raises a timeline alert and is never stopped. */
  readonly durationMs: number | null;
  /** Ids of the agents that work in it; all of the roster when not given in the source. */
  readonly agents: readonly string[];
  readonly tasks: readonly Task[];
  readonly checkpoints: readonly Checkpoint[];
  /** Instead of the plan's. */
  readonly escalation?: EscalationPolicy;
  /** Of the sprint; absent: no limit. */
  readonly budget?: Budget;
  readonly reallocation?: ReallocationPolicy;
  readonly quality?: QualityPolicy;
  readonly supervision?: SupervisionPolicy;
}

/** The most pressing first. */
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];
/** Place of each among them. */
export const PRIORITY_RANK = { urgent: 0, high: 1, normal: 2, low: 3 } as const satisfies Readonly<Record<Priority, number>>;

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  /** The one agent that may do it, or null: any agent of the sprint with all of `skills`. */
  readonly agent: string | null;
  readonly skills: readonly string[];
  readonly dependsOn: readonly Dependency[];
  readonly deliverables: readonly DeliverableSpec[];
  /** Expected working time; null when the plan gives none (scheduling then assumes `DEFAULT_ESTIMATE_MS`). */
  readonly estimateMs: number | null;
  readonly priority: Priority;
  /** Paths of the common code base or folder that it changes; tasks whose paths overlap never run together. */
  readonly paths: readonly string[];
  readonly resources: readonly ResourceNeed[];
  /** Ids of external dependencies that must work when it starts; absent: none. */
  readonly needs?: readonly string[];
  /** Free JSON for the agent, at most 64 KiB. */
  readonly input: JsonObject;
  /** Ids of checks of the worker's config that the engine runs in the workspace after the agent is done. */
  readonly checks: readonly string[];
  readonly budget: {
    /** Ends an attempt after this time; for a human task the time to answer. null: no limit (human: the agent's `within`). */
    readonly timeMs: number | null;
    /** Attempts that may fail before the task does. Attempts lost with a worker or server do not count. */
    readonly attempts: number;
    /** Of all attempts together, as agents report them; absent: no limit. */
    readonly tokens?: number;
    readonly cost?: number;
    /**
     * Whether people are asked for more before it counts. Absent: for tokens and cost, while time and attempts end the attempt and the
     * task. true: for all of them. false: for none.
     */
    readonly ask?: boolean;
  };
  /** No output and no change of progress for this long means stuck. null: the agent's or the config's. */
  readonly stallAfterMs: number | null;
  /** Instead of the sprint's or the plan's. */
  readonly escalation?: EscalationPolicy;
  /** What a rollback runs to undo what the task has done outside its deliverables: a check of the worker's config. Absent: nothing. */
  readonly compensation?: { readonly check: string };
  /** Taken out of the plan by an amendment of a sprint under way. Absent otherwise, and never written in a plan. */
  readonly cancelled?: true;
  /** What a contingency in force has put in the place of what the plan says. Absent otherwise, and never written in a plan. */
  readonly instead?: Partial<Pick<Task, 'agent' | 'resources' | 'needs'>>;
}

/** The task with what a contingency has put in place. */
export const inForce = (task: Task): Task => (task.instead === undefined ? task : { ...task, ...task.instead });

const DEFAULT_ESTIMATE_MS = 600_000;

/** Working time (ms) that is reckoned with. */
export const estimateOf = (task: Pick<Task, 'estimateMs'>): number => task.estimateMs ?? DEFAULT_ESTIMATE_MS;

/** In this version `until` is `finished`; `reviewed`, `integrated` and `approved` are refused by name. */
export interface Dependency {
  readonly task: string;
  readonly until: 'finished';
}

export interface DeliverableSpec {
  readonly id: string;
  /** Relative to the workspace; a regular file or a folder inside it. */
  readonly path: string;
}

export interface ResourceNeed {
  readonly id: string;
  readonly mode: 'exclusive' | 'shared';
}

/** When all of `after` are done, the named agents finish what they do and start nothing new until all of them are idle. */
export interface Checkpoint {
  readonly id: string;
  readonly after: readonly string[];
  readonly agents: readonly string[];
}

/** The agent is idle until one of its triggers has fired. An agent without triggers is active from the start. */
export interface Trigger {
  readonly agent: string;
  readonly when: Condition;
}

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly task: string; readonly reached: 'finished' | 'failed' | 'started' }
  | { readonly deliverable: string; readonly of: string }
  | { readonly checkpoint: string }
  | { readonly message: MessageKind; readonly from?: string }
  | { readonly metric: TriggerMetric; readonly above?: number; readonly below?: number }
  | { readonly afterMs: number }
  | { readonly at: string };

/** `error_rate`: failed attempts per 100 ended attempts; `overall_progress`: ended tasks per 100 tasks. */
export type TriggerMetric = 'error_rate' | 'overall_progress';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
