import type { ProbeNews, ProbeTarget } from '../../../src/domain/emergencies/probe.ts';
import type { EscalationOutcome } from '../../../src/domain/escalation/escalation.ts';
import type { EmergencyView } from '../../../src/domain/views.ts';
import { toEmergencyViews } from '../../../src/domain/sprint/emergency-views.ts';
import type { GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

export const chain: NonNullable<GivenSprint['escalation']> = {
  levels: [{ to: ['ann'], via: [], withinMs: 60_000 }],
  otherwise: 'stop',
};
const target = (kind: ProbeTarget['kind'], id: string): ProbeTarget => ({
  kind,
  id,
  digest: 'd',
  ...(kind === 'dependency' ? { breaker: { failures: 2, openForMs: 10_000 } } : {}),
});

/** A sprint that uses the resources `bench` and `desk`, and the dependency `mail`, all watched. */
export function runWatched(given: GivenSprint) {
  const watched = {
    queue: 'q',
    targets: [target('resource', 'bench'), target('resource', 'desk'), target('dependency', 'mail')],
  };
  const run = runSprint({ watched, ...given });
  return {
    ...run,
    probe: (kind: ProbeTarget['kind'], id: string, news: ProbeNews) =>
      run.happen({
        type: 'probesChanged',
        changes: [{ kind, id, news, evidence: { command: ['ping'], exitCode: 1, detail: 'no answer', tail: '' } }],
      }),
    decide: (decision: string, how: Partial<EscalationOutcome> = {}, n = 1) =>
      run.happen({
        type: 'procedureEnded',
        kind: 'escalation',
        n,
        reason: null,
        outcome: { decision, by: 'ann', how: 'answered', note: null, data: null, level: 1, startedAt: 0, endedAt: 0, ...how },
      }),
    emergencies: (): EmergencyView[] => toEmergencyViews(run.sprint),
    alerts: () => run.state.alerts.map(({ id }) => id),
    asked: () => Object.values(run.state.escalations).map(({ cause }) => cause.key),
  };
}
