import { agentKey } from '../emergencies/emergency-keys.ts';
import { candidatesOf } from './allocation.ts';
import { changeAvailability } from './adjustments.ts';
import type { EmergencyNote } from './emergency-notes.ts';
import { noteMeasure } from './emergency-state.ts';
import { raiseEmergency, resolveEmergency } from './emergencies.ts';
import { isTaskEnded } from './state.ts';
import { agentRun, taskRun, toIso, type Turn } from './turn.ts';

/** An agent whose attempts die, cannot start or find it unavailable one after the other: it gets a rest, and is tried again. */
export function takeAgentOutcome(turn: Turn, { failure, by }: Extract<EmergencyNote, { type: 'attemptEnded' }>): void {
  const { agentFailures, restForMs = 0 } = turn.definition.supervision ?? {};
  if (agentFailures === undefined || failure?.cause === 'lost') return;
  const number = turn.index.agentNumber.get(by) as number;
  const agent = agentRun(turn, number);
  const key = agentKey(by);
  if (failure === null) {
    delete agent.faults;
    return resolveEmergency(turn, key, `${by} has finished an attempt`);
  }
  if (failure.fault === undefined) return;
  agent.faults = (agent.faults ?? 0) + 1;
  if (agent.faults < agentFailures) return;
  const restUntil = turn.state.now + restForMs;
  const until = toIso(restUntil);
  const measure = `${by} gets no new work until ${until}`;
  if (turn.state.emergencies?.open[key]) noteMeasure(turn.state, key, measure);
  // Whoever has said that it is away for longer, or that it may spend no more, is not overruled.
  if (agent.available || (agent.availableAt !== null && agent.availableAt < restUntil)) {
    const reason = `${agent.faults} attempts in a row: ${failure.fault}`;
    changeAvailability(turn, { agent_id: by, available: false, until, reason });
  }
  raiseEmergency(
    turn,
    {
      key,
      kind: 'agentFailure',
      id: by,
      title: `agent ${by} has failed`,
      text: `${agent.faults} attempts in a row: ${failure.fault}, the last: ${failure.message}`,
      foundBy: 'attempts',
      measure,
      evidence: { agent_id: by, faults: agent.faults, fault: failure.fault },
    },
    !canBeReplaced(turn, number),
  );
}

/** Whether whatever it could do can be done by somebody else at hand. */
const canBeReplaced = (turn: Turn, agent: number): boolean =>
  [...turn.state.tasks.keys()].every((task) => {
    const candidates = candidatesOf(turn, task);
    if (isTaskEnded(taskRun(turn, task).state) || !candidates.includes(agent)) return true;
    return candidates.some((other) => other !== agent && agentRun(turn, other).available && agentRun(turn, other).capacity > 0);
  });
