import { dependencyKey, resourceKey } from '../emergencies/emergency-keys.ts';
import type { ProbeChange } from '../emergencies/probe.ts';
import { assertNever } from '../result.ts';
import type { JsonObject } from '../plan/plan.ts';
import { circuitIsDue, openCircuit, openOf, reopen, takeFailure, takeSuccess } from './breakers.ts';
import { takeAgentOutcome } from './agent-failures.ts';
import { endSilence, takePickUp, takeSign } from './breakdowns.ts';
import { onCause } from './contingencies.ts';
import { takeOutcome } from './quality.ts';
import { askAgain, raiseEmergency, resolveEmergency } from './emergencies.ts';
import { decide, type Turn } from './turn.ts';

/** What the probes of the worker say of what the sprint uses. The same again changes nothing. */
export function takeProbeChanges(turn: Turn, changes: readonly ProbeChange[]): void {
  for (const change of changes) {
    const isKnown = turn.definition.watched?.targets.some(({ kind, id }) => kind === change.kind && id === change.id);
    if (isKnown) (change.kind === 'resource' ? takeResource : takeDependency)(turn, change);
  }
}

function takeResource(turn: Turn, { id, news, evidence }: ProbeChange): void {
  const key = resourceKey(id);
  if (news === 'up') return resolveEmergency(turn, key, `its probe succeeds again: ${evidence.detail}`);
  raiseEmergency(turn, {
    key,
    kind: 'resourceFailure',
    id,
    title: `resource ${id} has failed`,
    text: `its probe fails: ${evidence.detail}`,
    foundBy: 'probe',
    measure: 'nothing that needs it starts; what is at work goes on',
    evidence: { ...evidence } as unknown as JsonObject,
  });
}

function takeDependency(turn: Turn, { id, news, evidence }: ProbeChange): void {
  const open = openOf(turn, id);
  // The probe does not see what attempts have found.
  if (open?.foundBy === 'attempts') return;
  if (news === 'trialFailed' && open) return reopen(turn, open, evidence.detail);
  if (news !== 'up') {
    const text = `its probe fails: ${evidence.detail}`;
    return openCircuit(turn, id, { text, foundBy: 'probe', evidence: { ...evidence } as unknown as JsonObject });
  }
  if (!open) return;
  decide(turn, 'circuitHalfOpen', `${id}: the circuit is half-open: its probe may try`, { dependency: id });
  resolveEmergency(turn, dependencyKey(id), `the trial succeeded: ${evidence.detail}`);
}

/** A moment that an emergency waits for has come: a trial, or people are asked again. */
export function emergencyIsDue(turn: Turn, key: string): void {
  const emergency = turn.state.emergencies?.open[key];
  if (emergency?.circuit === 'open' && emergency.foundBy === 'attempts') return circuitIsDue(turn, emergency);
  askAgain(turn, key);
}

/** Acts on what has been noted in this step, and on what comes of that. */
export function tendEmergencies(turn: Turn): void {
  const { emergencies } = turn.state;
  if (!emergencies) return;
  for (let note = emergencies.heard.shift(); note; note = emergencies.heard.shift()) {
    switch (note.type) {
      case 'dependencyFailed':
        takeFailure(turn, note);
        break;
      case 'dependencyWorked':
        takeSuccess(turn, note);
        break;
      case 'attemptEnded':
        takeOutcome(turn, note);
        takeAgentOutcome(turn, note);
        takePickUp(turn, note);
        endSilence(turn, note);
        break;
      case 'reported':
        takeSign(turn, note);
        break;
      case 'cause':
        onCause(turn, note.key, note.isThere);
        break;
      default:
        assertNever(note);
    }
  }
}
