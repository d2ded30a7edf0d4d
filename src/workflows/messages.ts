import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { CommandName } from '../domain/messages.ts';
import type { Packable } from '../domain/packed.ts';
import type { Elsewhere } from '../domain/sprint/definition.ts';
import type { ProposedAmendment } from '../domain/sprint/proposals.ts';
import type { Accepted } from '../domain/views.ts';

/** What each message does, for the Temporal UI. Names and payloads are the contract with other programs. */
export const COMMAND_DESCRIPTIONS: Readonly<Record<CommandName, string>> = {
  authorize:
    'Approve or reject the plan: {by, decision: "approve"|"reject", planHash, reviewed: true, emergencyStopUnderstood: true, note?}',
  emergencyStop: 'Stop every agent now: {by, reason, mode?: "halt"|"drain"}. Stops whatever the payload is.',
  pause: 'Start nothing new; what is at work goes on: {by, reason?}',
  resume: 'Go on after pause or stop; nothing done is repeated: {by, reason?}',
  agentAvailability: 'An agent comes or goes: {agent_id, available, capacity?, until?, reason?}',
  respond: 'Answer an inbox item: {by, itemId, decision, note?, data?}',
  amendPlan:
    'Amend the plan under way: {by, changes: [{addTask|cancelTask|splitTask|changeTask|changeSprint|changePlan|changeAgent|addAgent|removeAgent: {…}}], dryRun?, reason?}',
  reassignTask: 'Give a task to another agent: {by, taskId, agentId, reason?, force?}',
  setPriority: 'Change the priority of a task: {by, taskId, priority: "urgent"|"high"|"normal"|"low", reason?}',
  rollback: 'Undo what was done: {by, to: "start"|{checkpoint}|{sprint}, policy?: "reopen"|"abandon", reason?}',
};

export const QUERY_DESCRIPTIONS = {
  status: 'Phase, progress, forecast, counts, agents, alerts, inbox',
  authorization: 'The plan hash, what is to be reviewed, readiness, decisions so far',
  tasks: 'Tasks with their states, in pages: {offset?, limit?}',
  agents: 'Statuses of agents, in pages: {offset?, limit?}',
  inbox: 'What waits on a person: why, since when, and what happens if nobody answers',
  alerts: 'Open alerts',
  decisions: 'The newest decisions, in pages: {offset?, limit?}; all of them are in ledger.jsonl',
  report: 'The report as it stands',
  wrapUp: 'Whether an attempt that is being stopped is handed over: {taskId, attempt}; asked by workers',
  mailbox: 'Answers and messages for running agents: {attempts: [{taskId, attempt, received?, digest?}]}; asked by workers',
} as const;
export type QueryName = keyof typeof QUERY_DESCRIPTIONS;

export const toSignal = (name: string) => defineSignal<[unknown]>(name);
export const toUpdate = (name: CommandName) => defineUpdate<Accepted, [unknown]>(name);
export const toQuery = (name: QueryName) => defineQuery<unknown, [unknown]>(name);

/** From programs outside to agents. */
export const MESSAGE = 'message';
export const MESSAGE_DESCRIPTION =
  'To agents: {from, to: agent | "*" | "task:<id>", priority?, kind?, body, inReplyTo?, key?, withinMs?}';
/** From workers and outside agents. */
export const AGENT_STATUS = 'agentStatus';
/** From a sprint to its execution. */
export const SPRINT_PROGRESS = 'sprintProgress';
/** From a sprint to its execution, when it ends. */
export const SPRINT_OUTCOME = 'sprintOutcome';
/** The key is known to the two alone: anyone can send a signal, but nobody else can end a sprint by it. */
export interface OutcomeSignal {
  readonly key: string;
  readonly sprintId: string;
  readonly outcome: Packable<SprintOutcome>;
}
/** From an execution to its sprint: an amendment of the plan, with the key of `OutcomeSignal`. */
export const SPRINT_AMENDMENT = 'sprintAmendment';
/** From a sprint to its execution: a decision of an escalation that is to become a revision of the plan. */
export const AMENDMENT_PROPOSED = 'amendmentProposed';
export interface ProposalSignal {
  readonly key: string;
  readonly sprintId: string;
  readonly proposal: ProposedAmendment;
}
/** From a tether: the run that owned this workflow has ended. */
export const CHECK_OWNER = 'checkOwner';
/** What an execution tells a sprint of shared budgets; the key is the one that they know, since it could hide what has been used. */
export interface ElsewhereSignal {
  readonly key: string;
  readonly accounts: Readonly<Record<string, Elsewhere>>;
}
