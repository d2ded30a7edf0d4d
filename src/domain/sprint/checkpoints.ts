import type { Checkpoint } from '../plan/plan.ts';
import { onCheckpointPassed } from './activation.ts';
import type { CheckpointRun } from './state.ts';
import { agentRun, decide, taskRun, touchClassesOf, type Sprint, type Turn } from './turn.ts';

/**
 * A checkpoint gathers once all tasks it comes after are done: its agents finish what they do and start nothing new. It has been
 * passed when all of them are idle at the same time; then they go on.
 */
export function onTaskDone(turn: Turn, task: number): void {
  for (const number of turn.index.checkpointsAfter[task] as readonly number[]) {
    const checkpoint = runOf(turn, number);
    checkpoint.waitsFor -= 1;
    if (checkpoint.waitsFor === 0) gather(turn, number);
  }
}

/** After an amendment: what a checkpoint comes after may be done already. */
export function gatherReached(turn: Turn): void {
  for (const [number, { state, waitsFor }] of turn.state.checkpoints.entries())
    if (state === 'ahead' && waitsFor === 0) gather(turn, number);
}

function gather(turn: Turn, number: number): void {
  const { id, agents } = specOf(turn, number);
  runOf(turn, number).state = 'gathering';
  for (const agent of agentsOf(turn, number)) agentRun(turn, agent).held += 1;
  const text = `checkpoint "${id}": ${agents.join(', ')} finish what they do and synchronise`;
  decide(turn, 'checkpointReached', text, { checkpoint: id });
  passIfIdle(turn, number);
}

/** An attempt of the agent has ended: checkpoints that gather it may have been waiting for that. */
export function onAttemptEnded(turn: Turn, agent: number): void {
  for (const number of turn.index.checkpointsOfAgent[agent] as readonly number[]) {
    if (runOf(turn, number).state === 'gathering') passIfIdle(turn, number);
  }
}

function passIfIdle(turn: Turn, number: number): void {
  const agents = agentsOf(turn, number);
  if (agents.some((agent) => agentRun(turn, agent).busy > 0)) return;
  const spec = specOf(turn, number);
  const run = runOf(turn, number);
  run.state = 'passed';
  run.passedAt = turn.state.now;
  for (const agent of agents) {
    agentRun(turn, agent).held -= 1;
    touchClassesOf(turn, agent);
  }
  decide(turn, 'checkpointPassed', `checkpoint "${spec.id}" passed: ${spec.agents.join(', ')} go on`, { checkpoint: spec.id });
  onCheckpointPassed(turn, spec.id);
}

/** After tasks have been reopened: a checkpoint that comes after one of them is ahead again. */
export function reopenCheckpoints(turn: Turn): void {
  for (const [number, run] of turn.state.checkpoints.entries()) {
    const after = turn.index.checkpointTasks[number] as readonly number[];
    run.waitsFor = after.filter((task) => taskRun(turn, task).state !== 'done').length;
    if (run.waitsFor > 0) setAhead(turn, number, run);
  }
}

const runOf = ({ state }: Sprint, number: number): CheckpointRun => state.checkpoints[number] as CheckpointRun;
const specOf = ({ definition }: Sprint, number: number): Checkpoint => definition.sprint.checkpoints[number] as Checkpoint;
const agentsOf = ({ index }: Sprint, number: number): readonly number[] => index.checkpointAgents[number] as readonly number[];

function setAhead(turn: Turn, number: number, run: CheckpointRun): void {
  if (run.state === 'gathering') for (const agent of agentsOf(turn, number)) agentRun(turn, agent).held -= 1;
  run.state = 'ahead';
  run.passedAt = null;
}
