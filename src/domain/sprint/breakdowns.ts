import { queueKey, silenceKey } from '../emergencies/emergency-keys.ts';
import type { EmergencyNote } from './emergency-notes.ts';
import { emergenciesOf } from './emergency-state.ts';
import { escalateIfDeclared, raiseEmergency, resolveEmergency } from './emergencies.ts';
import type { Turn } from './turn.ts';

/** Workers that cannot be reached: an attempt was not taken in time, or its worker has fallen silent. One that takes an attempt is back. */
export function takePickUp(turn: Turn, { failure, queue, by, task }: Extract<EmergencyNote, { type: 'attemptEnded' }>): void {
  if (turn.definition.supervision?.pickUpWithinMs === undefined) return;
  const key = queueKey(queue);
  if (failure?.fault !== 'unreachable') {
    if (failure?.cause !== 'lost') resolveEmergency(turn, key, `a worker of ${queue} has carried out an attempt`);
    return;
  }
  const isKnown = emergenciesOf(turn.state).open[key] !== undefined;
  raiseEmergency(
    turn,
    {
      key,
      kind: 'communicationBreakdown',
      id: queue,
      title: `no worker of the task queue ${queue} can be reached`,
      text: `the attempt of ${by} in "${task}": ${failure.message}`,
      foundBy: 'attempts',
      measure: 'attempts are given out again until a worker takes them',
      evidence: { queue, agent_id: by, task, notTaken: failure.notTaken === true },
    },
    failure.notTaken === true,
  );
  if (isKnown && failure.notTaken) escalateIfDeclared(turn, key);
}

/** What a worker reports of an attempt of that queue shows that it is there. */
export function takeSign(turn: Turn, { queue, isSilent, by, task }: Extract<EmergencyNote, { type: 'reported' }>): void {
  resolveEmergency(turn, queueKey(queue), `a worker of ${queue} reports`);
  const key = silenceKey(by, task);
  if (isSilent === false) resolveEmergency(turn, key, `${by} has said something`);
  if (!isSilent) return;
  raiseEmergency(turn, {
    key,
    kind: 'communicationBreakdown',
    id: by,
    title: `agent ${by} is silent`,
    text: `it neither reports nor answers in "${task}" although its process lives`,
    foundBy: 'attempts',
    measure: 'the attempt goes on until its own limits end it',
    evidence: { agent_id: by, task },
  });
}

/** An attempt that is over says nothing any more. */
export function endSilence(turn: Turn, { by, task }: Extract<EmergencyNote, { type: 'attemptEnded' }>): void {
  resolveEmergency(turn, silenceKey(by, task), 'the attempt has ended');
}
