import type { QuestionKind } from '../agent-question.ts';
import type { Budget } from '../budget.ts';
import type { DependencyConfig, ProbeConfig } from '../emergencies/probe-config.ts';
import type { ChannelConfig } from './channel-config.ts';

/**
 * The worker's config with every default filled in and every path absolute. Commands, environment and people live here;
 * a plan can only name them by id.
 */
export interface Config {
  readonly agents: readonly AgentConfig[];
  readonly checks: readonly CheckConfig[];
  readonly resources: readonly {
    readonly id: string;
    readonly capacity: number;
    /** Absent: nobody looks whether it works. */
    readonly probe?: ProbeConfig;
  }[];
  /** External ones that tasks may need. */
  readonly dependencies: readonly DependencyConfig[];
  readonly channels: readonly ChannelConfig[];
  /** Channels that hear what people should know; each takes the kinds of its `events`. */
  readonly notify: readonly string[];
  readonly workspaces: { readonly kind: 'directory' };
  readonly authorization: AuthorizationPolicy;
  /** When people are warned that a budget is nearly used up, and how long they have to give more. */
  readonly budget: BudgetPolicy;
  /** Default of `stallAfter` for agents and tasks. */
  readonly stallAfterMs: number;
  /** A worker that does not heartbeat for this long has lost its attempts. */
  readonly heartbeatTimeoutMs: number;
  /** Time between TERM and KILL for an agent's process group. */
  readonly killGraceMs: number;
  readonly artifacts: { readonly dir: string };
  readonly taskQueues: { readonly workflows: string; readonly agents: string };
  readonly slots: SlotPolicy;
  /** The folder of the config file; `.pact/` lies in it. */
  readonly baseDir: string;
}

/** Attempts that a worker has under way at a time, whatever the capacities of its agents. */
export interface SlotPolicy {
  /** So many always; beyond them new ones only while the machine uses less than `memory` and `cpu`. */
  readonly minimum: number;
  readonly maximum: number;
  /** Share of the machine's, above 0, at most 1; null: not looked at. */
  readonly memory: number | null;
  readonly cpu: number | null;
}

export interface BudgetPolicy {
  /** Share of a limit at which an alert is raised: above 0, at most 1. */
  readonly warnAt: number;
  readonly withinMs: number;
}

export type AgentConfig = CommandAgentConfig | HumanAgentConfig;

interface AgentBase {
  readonly id: string;
  readonly title: string | null;
  readonly skills: readonly string[];
  /** Tasks it does at a time. */
  readonly capacity: number;
  /** Task queue of the workers that can run it; null: `taskQueues.agents`. */
  readonly queue: string | null;
  readonly stallAfterMs: number | null;
  /** Questions of the engine that it answers; absent: none. Command agents only. */
  readonly answers?: readonly QuestionKind[];
  /** Of the agent in each execution, whatever its plan says; absent: no limit. */
  readonly budget?: Budget;
  /** Of an hour of its work: the cheaper of two agents is preferred when work is reallocated. Absent: not declared. */
  readonly cost?: number;
}

export interface CommandAgentConfig extends AgentBase {
  readonly adapter: {
    readonly kind: 'command';
    /** argv; elements that name a file relative to the config are absolute here. */
    readonly run: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    /** `once`: one request, then end of input; `stream`: stdin stays open for answers and messages. */
    readonly input: 'once' | 'stream';
    /** A command that must exit 0 within 30 s before anything is authorized. */
    readonly probe: readonly string[] | null;
  };
}

export interface HumanAgentConfig extends AgentBase {
  readonly adapter: {
    readonly kind: 'human';
    /** Who may answer for this agent; null: whoever gives the agent's own id, `anyone`: any name. */
    readonly people: readonly string[] | 'anyone' | null;
    /** Time to answer when the task's budget gives none. */
    readonly withinMs: number;
    /** What happens when nobody answers: the task fails, or is skipped together with what depends on it. */
    readonly otherwise: 'fail' | 'skip';
    /** Time to hand in what there is when the task is to give way; absent: not declared. */
    readonly wrapUpWithinMs?: number;
  };
}

export interface CheckConfig {
  readonly id: string;
  readonly run: readonly string[];
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface AuthorizationPolicy {
  /** `named`: only `approvers`; `anyone`: any person who gives a name (for trying things out). */
  readonly mode: 'named' | 'anyone';
  readonly approvers: readonly string[];
  /** Distinct people who must approve. */
  readonly required: number;
  /** From the moment the plan is ready to be authorized. Past it the plan is rejected. */
  readonly expiresMs: number;
  /** How far an amendment may go without an authorization of its own; absent: `DEFAULT_AMENDMENTS`. */
  readonly amendments?: AmendmentThresholds;
}

/** Measured against the plan that was authorized last, so that many small amendments add up. */
export interface AmendmentThresholds {
  /** Percent of tasks that may be added; null: any number. */
  readonly tasks: number | null;
  /** Percent of estimated work that may be added; null: any amount. */
  readonly estimate: number | null;
  /** Of agents that the authorized plan does not have. */
  readonly agents: 'ask' | 'allow';
  readonly checks: 'ask' | 'allow';
  /** Percent by which the tokens and money that the plan may use may grow; null: any amount; absent: `DEFAULT_BUDGET`. */
  readonly budget?: number | null;
}

export const DEFAULT_BUDGET = 20;

export const DEFAULT_AMENDMENTS: AmendmentThresholds = { tasks: null, estimate: 20, agents: 'ask', checks: 'ask' };
