import type { Usage } from './budget.ts';
import type { HandoverSigns } from './reallocation/handover.ts';

/** The status of an agent: exactly these eight fields, in the source document's names. Times are ISO 8601 in UTC. */
export interface AgentStatus {
  readonly agent_id: string;
  readonly status: 'working' | 'blocked' | 'completed' | 'error';
  readonly current_task: string | null;
  /** 0–100. */
  readonly progress_percentage: number;
  readonly estimated_completion: string | null;
  readonly blocking_issues: readonly string[];
  readonly next_coordination_point: string | null;
  /** Ids of deliverables. */
  readonly outputs_ready: readonly string[];
}

/** One report of a running attempt on its way from a worker to its sprint, in `agentStatus {reports: [...]}`. */
export interface StatusReport extends AgentStatus {
  /** Present in reports of our own workers; a report of an outside agent has the eight fields only. */
  readonly task_id?: string;
  readonly attempt?: number;
  /** What the attempt has used so far; the larger of two reports counts. */
  readonly usage?: Usage;
  /** A streaming agent has said nothing for the limit of the plan's supervision, or has said something again. */
  readonly silent?: boolean;
  /** Open question of the agent, which becomes an inbox item. */
  readonly handover?: HandoverSigns;
  readonly question?: { readonly id: string; readonly text: string; readonly options: readonly string[] };
}
