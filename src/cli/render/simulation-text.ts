import type { ResolvedPlan } from '../../domain/prepared.ts';
import type { AgentLoad, PlanSimulation, SimulatedSprint } from '../../domain/simulation/simulate-plan.ts';
import { toPlainText } from './plain-text.ts';
import type { View } from './view.ts';
import { renderTable } from './table.ts';
import { durationText } from './time-text.ts';

/** Tasks named in the list of those that the end waits for. */
const MAX_CRITICAL = 8;
const MAX_AGENTS = 30;

/** A simulation for people. */
export function renderSimulation({ plan }: ResolvedPlan, simulation: PlanSimulation, view: View): readonly string[] {
  const { makespanMs, lowerBoundMs, runs, spread, failureRate, completedShare, criticality, agents, sprints } = simulation;
  const tasks = plan.sprints.reduce((sum, sprint) => sum + sprint.tasks.length, 0);
  const isCertain = spread === 0 && failureRate === 0;
  const ends = isCertain
    ? `ends after ${durationText(makespanMs.p50)} if every task takes as long as estimated (--spread 0.3 shows what if not)`
    : `ends after ${durationText(makespanMs.p50)} in half of ${runs} runs, after ${durationText(makespanMs.p90)} in nine of ten`;
  const completed = completedShare === 1 ? [] : [`In ${percent(completedShare)} of the runs all sprints completed.`];
  const critical = criticality
    .slice(0, MAX_CRITICAL)
    .map(({ task, share }) => (isCertain ? task : `${task} (${percent(share)})`));
  const more = criticality.length > MAX_CRITICAL ? `, … (${criticality.length})` : '';
  return [
    `${view.paint.bold(toPlainText(plan.project.name))}: ${tasks} tasks; ${ends}.`,
    `No order of the tasks could end before ${durationText(lowerBoundMs)}.`,
    ...completed,
    `The end waits for ${critical.join(', ')}${more}.`,
    '',
    ...renderTable(sprints, SPRINT_COLUMNS, view.width),
    '',
    ...renderTable(agents.toSorted(byLoad).slice(0, MAX_AGENTS), AGENT_COLUMNS, view.width),
    ...(agents.length > MAX_AGENTS ? [`and ${agents.length - MAX_AGENTS} more agents; see --json`] : []),
  ];
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;

const byLoad = (a: AgentLoad, b: AgentLoad): number => b.utilization - a.utilization || (a.agent_id < b.agent_id ? -1 : 1);

const SPRINT_COLUMNS = [
  { title: 'sprint', text: ({ id }: SimulatedSprint) => id, flexible: true },
  { title: 'from', text: ({ startMs }: SimulatedSprint) => durationText(startMs), align: 'right' as const },
  { title: 'to', text: ({ endMs }: SimulatedSprint) => durationText(endMs), align: 'right' as const },
  { title: 'order', text: ({ order }: SimulatedSprint) => order.text },
  {
    title: 'gain on longest path',
    text: ({ startMs, endMs, longestPathMs }: SimulatedSprint) => durationText(longestPathMs - (endMs - startMs)),
    align: 'right' as const,
  },
];

const AGENT_COLUMNS = [
  { title: 'agent', text: ({ agent_id }: AgentLoad) => agent_id, flexible: true },
  { title: 'busy', text: ({ utilization }: AgentLoad) => percent(utilization), align: 'right' as const },
  {
    title: 'one more slot saves',
    text: ({ oneMoreSlotSavesMs }: AgentLoad) => (oneMoreSlotSavesMs === null ? '?' : durationText(oneMoreSlotSavesMs)),
    align: 'right' as const,
  },
];
