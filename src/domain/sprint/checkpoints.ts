import { onCheckpointPassed } from './activation.ts';
import type { CheckpointRun } from './state.ts';
import { decide, type Turn } from './turn.ts';

/**
 * A checkpoint gathers once all tasks it comes after are done: its agents finish what they do and start nothing new. It has been
 * passed when all of them are idle at the same time; then they go on.
 */
export function onTaskDone(turn: Turn, task: number): void {
  for (const number of turn.index.checkpointsAfter[task] ?? []) {
    const checkpoint = turn.state.checkpoints[number] as CheckpointRun;
    checkpoint.waitsFor -= 1;
    if (checkpoint.waitsFor === 0) gather(turn, number);
  }
}

function gather(turn: Turn, number: number): void {
  const spec = turn.definition.sprint.checkpoints[number];
  (turn.state.checkpoints[number] as CheckpointRun).state = 'gathering';
  for (const agent of agentsOf(turn, number)) agent.held += 1;
  decide(turn, 'checkpointReached', `checkpoint "${spec?.id}": ${spec?.agents.join(', ')} finish what they do and synchronise`, {
    checkpoint: spec?.id ?? '',
  });
  passIfIdle(turn, number);
}

export function onAgentIdle(turn: Turn, agent: number): void {
  if (turn.state.agents[agent]?.busy !== 0) return;
  for (const number of turn.index.checkpointsOfAgent[agent] ?? []) {
    if (turn.state.checkpoints[number]?.state === 'gathering') passIfIdle(turn, number);
  }
}

function passIfIdle(turn: Turn, number: number): void {
  const agents = agentsOf(turn, number);
  if (agents.some(({ busy }) => busy > 0)) return;
  const spec = turn.definition.sprint.checkpoints[number];
  (turn.state.checkpoints[number] as CheckpointRun).state = 'passed';
  for (const agent of agents) agent.held -= 1;
  for (const id of spec?.agents ?? []) {
    for (const group of turn.index.classesOfAgent[turn.index.agentNumber.get(id) ?? -1] ?? []) turn.touched.add(group);
  }
  decide(turn, 'checkpointPassed', `checkpoint "${spec?.id}" passed: ${spec?.agents.join(', ')} go on`, { checkpoint: spec?.id ?? '' });
  onCheckpointPassed(turn, spec?.id ?? '');
}

function agentsOf(turn: Turn, number: number) {
  return (turn.definition.sprint.checkpoints[number]?.agents ?? []).flatMap((id) => {
    const agent = turn.state.agents[turn.index.agentNumber.get(id) ?? -1];
    return agent ? [agent] : [];
  });
}
