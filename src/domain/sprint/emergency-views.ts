import type { EmergencyView } from '../views.ts';
import { toIso, type Sprint } from './turn.ts';
import type { Emergency } from './emergency-state.ts';

/** What has failed around the work: what is under way first, then the last that are over. */
export function toEmergencyViews({ definition, state }: Sprint): EmergencyView[] {
  const { emergencies } = state;
  if (emergencies === undefined) return [];
  const toView = ({ kind, id, since, endedAt, text, measures, circuit }: Emergency): EmergencyView => ({
    kind,
    id,
    sprint: definition.sprint.id,
    since: toIso(since),
    endedAt: endedAt === null ? null : toIso(endedAt),
    text,
    measures,
    ...(circuit && endedAt === null ? { circuit } : {}),
  });
  return [...Object.values(emergencies.open), ...emergencies.over.toReversed()].map(toView);
}
