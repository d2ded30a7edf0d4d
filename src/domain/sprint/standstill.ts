import { endTask, skipDependents } from './attempts.ts';
import { DEFAULT_WITHIN_MS, openItem } from './inbox.ts';
import { isTaskEnded } from './state.ts';
import { hasDeadlineAhead } from './timers.ts';
import { decide, taskRun, type Turn } from './turn.ts';

/**
 * With nothing at work, no timer and no open item, what still waits can only wait for agents that are unavailable, which a person is
 * asked about, or that nothing will ever activate: then it fails, because it would wait for ever.
 */
export function resolveStandstill(turn: Turn): boolean {
  const { state, index } = turn;
  if (state.phase !== 'running' || state.running > 0 || state.ended === state.tasks.length) return false;
  if (hasDeadlineAhead(state)) return false;
  const stuck = [...state.ready.keys()].filter((group) => (state.ready[group]?.length ?? 0) > 0);
  const away = stuck.flatMap((group) => index.classes[group] ?? []).find((agent) => !isStaffed(turn, agent));
  if (away !== undefined) {
    askAboutAgent(turn, away);
    return false;
  }
  for (const group of stuck) {
    const names = (index.classes[group] ?? []).map((agent) => index.agents[agent]?.id).join(', ');
    for (const task of state.ready[group]?.splice(0) ?? []) {
      if (isTaskEnded(taskRun(turn, task).state)) continue;
      const reason = `no trigger of ${names || 'any agent'} can fire any more, so nobody can do it`;
      endTask(turn, task, 'failed', reason);
      decide(turn, 'taskFailed', `"${index.tasks[task]?.title}" failed: ${reason}`, { task: index.tasks[task]?.id ?? '' });
      skipDependents(turn, task);
    }
  }
  return stuck.length > 0;
}

const isStaffed = ({ state }: Turn, agent: number): boolean =>
  state.agents[agent]?.available === true && (state.agents[agent]?.capacity ?? 0) > 0;

function askAboutAgent(turn: Turn, agent: number): void {
  const id = turn.index.agents[agent]?.id ?? '';
  const item = {
    itemId: `agent/${id}`,
    kind: 'agentUnavailable' as const,
    title: `${id} is unavailable and work waits for it`,
    question: 'Fail the work that waits? Send agentAvailability when the agent is back.',
    options: ['fail'],
    people: turn.definition.people,
    otherwise: 'the work that waits for it fails',
    sprint: turn.definition.sprint.id,
    task: null,
  };
  openItem(turn, item, DEFAULT_WITHIN_MS);
}
